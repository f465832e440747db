//! What can be typed after `oddflow serve`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
pub(crate) struct ServeArguments {
    /// The database; whoever writes to it may do so meanwhile
    #[arg(long, value_name = "FILE", required_unless_present = "config")]
    pub(crate) db: Option<PathBuf>,
    /// Address and port to listen on. One that other machines reach needs a token: see --new-token
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8088")]
    pub(crate) listen: String,
    /// Settings of the service, which are shown without secrets; they name the database where --db doesn't
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folders whose logs may be explored, beside those that were read into the database; may be given several times
    #[arg(long, value_name = "FOLDER", num_args = 1..)]
    pub(crate) logs: Vec<PathBuf>,
    /// Names by which others ask for it, such as sensor.example; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Vec<String>,
    /// A certificate with its chain, as a PEM file, to speak TLS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key, as a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Need a token on the loopback too, as behind a proxy that others reach
    #[arg(long)]
    pub(crate) require_token: bool,
    /// Make a token, print it and end; of a name, which changes are told under (default: owner). A former one of that name no
    /// longer lets anybody in
    #[arg(long, value_name = "NAME", num_args = 0..=1)]
    pub(crate) new_token: Option<Option<String>>,
}
