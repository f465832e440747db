//! `oddflow config`: the settings of the service, written, checked and shown.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::arguments::{ConfigArguments, ConfigCommand};
use crate::config::{Settings, build, commented};
use crate::failure::Failure;
use crate::output::{Output, note};

pub(crate) fn run(arguments: &ConfigArguments) -> Result<(), Failure> {
    match &arguments.command {
        ConfigCommand::Init(init) => write(&init.file),
        ConfigCommand::Check(check) => {
            let settings = Settings::read(&check.file)?;
            build(&settings, false)?;
            note(format_args!("{} is right", check.file.display()));
            Ok(())
        }
        ConfigCommand::Show(show) => {
            let settings = Settings::read(&show.file)?;
            // Of a secret the settings hold where it is, never what it is.
            let text = toml::to_string_pretty(&settings).map_err(|error| {
                Failure::usage(error.to_string(), "Check the settings with: oddflow config check.")
            })?;
            let mut output = Output::stdout();
            output.with(|writer| writer.write_all(text.as_bytes()))?;
            output.finish()
        }
    }
}

/// Writes a commented file; never over one that is there.
fn write(file: &Path) -> Result<(), Failure> {
    if file == Path::new("-") {
        let mut output = Output::stdout();
        output.with(|writer| writer.write_all(commented().as_bytes()))?;
        return output.finish();
    }
    let written = File::create_new(file).and_then(|mut file| file.write_all(commented().as_bytes()));
    match written {
        Ok(()) => {
            note(format_args!("settings {}", file.display()));
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(Failure::usage(
            format!("{} is there already", file.display()),
            "Name another file, or look at the defaults with: oddflow config init -.",
        )),
        Err(error) => Err(Failure::output(&file.display().to_string(), &error)),
    }
}
