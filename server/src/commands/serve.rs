//! `lacre-relay serve`

use super::{Failed, say};
use clap::Args;
use lacre_server::config::{ConfigError, NodeConfig};
use lacre_server::serve::{Options, Relay, StartError};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Args)]
pub(crate) struct Serve {
    /// Folder of everything that the relay keeps [default: ./lacre-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:7443]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// host:port that invitations name, when people reach the relay by another one than --listen
    #[arg(long, value_name = "HOST:PORT")]
    public_address: Option<String>,
    /// TOML file with the same and more (its keys are documented in config.rs)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// File of the registrar's key for RUNs, outside the data folder [default: lacre-run.key beside it]
    #[arg(long, value_name = "FILE")]
    run_key: Option<PathBuf>,
}

impl Serve {
    /// Serves until SIGTERM or SIGINT. The first line on stdout says where.
    pub(crate) fn run(self) -> Result<(), Failed> {
        let options = self.options().map_err(|e| Failed::new(e, "mend the configuration; config.rs documents every key"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| Failed::new(e, "see the limits of processes and files of this user"))?;
        // before anybody can know that we run: no signal is missed
        let signals = runtime.block_on(async { Ok((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)) });
        let (mut terminate, mut interrupt) =
            signals.map_err(|e: std::io::Error| Failed::new(e, "see what the system allows this user"))?;
        let relay = Relay::start(options).map_err(failed)?;
        say(&format!("listening {}", relay.authority()))?;
        runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        });
        tracing::info!("stopping");
        relay.stop();
        Ok(())
    }

    fn options(self) -> Result<Options, ConfigError> {
        let mut config = match &self.config {
            Some(path) => NodeConfig::read(path)?,
            None => NodeConfig::default(),
        };
        if let Some(data) = self.data {
            config.data = data;
        }
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        if self.public_address.is_some() {
            config.public_address = self.public_address;
        }
        if self.run_key.is_some() {
            config.run_key = self.run_key;
        }
        let mut options = Options::new(&config.data);
        options.public = config.public()?;
        options.listen = config.listen;
        options.run_key = config.run_key;
        options.max_connections = config.max_connections;
        options.threads = (config.threads > 0).then_some(config.threads);
        Ok(options)
    }
}

/// What to do, for each way in which a relay does not start.
pub(crate) fn failed(e: StartError) -> Failed {
    let todo = match &e {
        StartError::Folder { .. } => "check that this user may write there and that the disk is not full",
        StartError::Busy(_) => "stop the other one, or choose another folder with --data",
        StartError::Store(_) => "use the lacre-relay that wrote it, or put a backup back",
        StartError::Identity(_) => "mend the key file; without it clients will not know this relay",
        StartError::Listen { .. } => "choose another address with --listen, or end what uses this one",
        StartError::Public(_) => "write it as relay.example.org:7443",
        StartError::RunKey(_) => {
            "keep the key in a file of its own outside the data folder and its backups, chmod 600, and name it with --run-key"
        }
        StartError::OtherRunKey(_) => "put the original key back, or name it with --run-key",
        StartError::Down(_) => "see the disk; then start again",
        StartError::Thread(_) => "see the limits of processes and memory of this user",
    };
    Failed::new(format!("the relay does not start: {e}"), todo)
}
