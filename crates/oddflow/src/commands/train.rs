//! `oddflow train`: learn what is normal.

use std::path::{Path, PathBuf};

use oddflow_detector::{Model, ModelFileError};
use oddflow_features::Recipe;
use oddflow_features::behaviour::LocalNetworks;

use crate::arguments::TrainArguments;
use crate::companions::Companions;
use crate::failure::Failure;
use crate::filter::filters;
use crate::input::Input;
use crate::interrupt;
use crate::output::Output;
use crate::text::shell;
use crate::training::{Guard, behaviour, classic};

pub(crate) fn run(arguments: &TrainArguments) -> Result<(), Failure> {
    let exclude = filters(&arguments.exclude)?;
    let input = Input::find(&arguments.input, false)?;
    input.check_not_among(&arguments.output)?;
    check_writable(&arguments.output)?;
    let figures = match (&arguments.figures, arguments.no_figures) {
        (_, true) => None,
        (Some(folder), false) => Some(folder.clone()),
        (None, false) => Some(figures_beside(&arguments.output)),
    };
    interrupt::listen();
    let guard = match arguments.keep_flagged {
        true => Guard::default(),
        false => Guard::of(&input, arguments.db.as_deref())?,
    };
    let (memory, seed, threads) = (arguments.memory, arguments.seed, input.threads);
    let model = match arguments.recipe {
        Recipe::Classic => {
            let options = classic::options(arguments, threads)?;
            let (baseline, manifest) = classic::read_baseline(input, memory, seed, &exclude, &guard)?;
            let trained = classic::learn(baseline, manifest, &options, arguments.per_epoch)?;
            if let Some(folder) = &figures {
                classic::draw(&trained, folder)?;
            }
            Model::Classic(Box::new(trained.model))
        }
        Recipe::Behaviour => {
            let mut options = behaviour::options(arguments, threads)?;
            let local = LocalNetworks(arguments.local_net.clone());
            let beside = &arguments.companions;
            let companions = Companions::find(&beside.with, beside.conn_only, &input.options)?;
            let (mut baseline, manifest, left_out) =
                behaviour::read_baseline(input, memory, seed, local, &exclude, &guard, companions)?;
            options.left_out[0] = left_out.excluded;
            behaviour::audit(&baseline)?;
            if arguments.trim {
                options.left_out[1] = behaviour::trim(&mut baseline, &options)?;
            }
            let trained = behaviour::learn(&baseline, manifest, &options, arguments.per_epoch)?;
            if let Some(folder) = &figures {
                behaviour::draw(&trained, folder)?;
            }
            Model::Behaviour(Box::new(trained.model))
        }
    };
    model.write(&arguments.output)?;
    tell(&model, &arguments.output, figures.as_deref())
}

/// Fails now rather than after the training.
fn check_writable(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |error| Failure::output(&path.display().to_string(), &error);
    if path.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    // Whatever else lies there, a log above all, isn't to be lost to a slip of the fingers.
    if path.exists() && matches!(Model::read(path), Err(ModelFileError::NotAModel { .. })) {
        return Err(Failure::usage(
            format!("{} exists and is not a model", path.display()),
            "Name another file with -o, or delete this one first.",
        ));
    }
    tempfile::tempfile_in(folder).map(|_| ()).map_err(failed)
}

/// The folder for the figures of a model: `home.model` gives `home-figures`.
fn figures_beside(model: &Path) -> PathBuf {
    let mut name = model.file_stem().unwrap_or_default().to_owned();
    name.push("-figures");
    model.with_file_name(name)
}

fn tell(model: &Model, path: &Path, figures: Option<&Path>) -> Result<(), Failure> {
    let mut output = Output::stdout();
    super::model::print(model, &mut output)?;
    output.line("")?;
    output.line(format_args!("model    {}", path.display()))?;
    if let Some(folder) = figures {
        output.line(format_args!("figures  {}", folder.display()))?;
    }
    if let Model::Classic(model) = model
        && model.training().losses.over_fit() > super::model::OVER_FIT
    {
        output.line(
            "advice   learn from more days: the latest traffic here differs much from the traffic before",
        )?;
    }
    let name = shell(&path.display().to_string());
    output.line(format_args!("next     oddflow detect LOGS -m {name} --db alerts.db"))?;
    output.finish()
}
