//! `lacre-relay serve`: serves until it is told to stop.

use super::{Failed, Place, say};
use lacre_ground::random::SystemRng;
use lacre_relay::config::{ConfigError, NodeConfig};
use lacre_relay::serve::{Options, Relay, Reload, RunningRelay};
use lacre_words::failure::Exit;
use std::net::SocketAddr;
use tokio::signal::unix::{Signal, SignalKind, signal};

#[derive(clap::Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    place: Place,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:7443]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// host:port that invitations name, when people reach the relay by another one than --listen
    #[arg(long, value_name = "HOST:PORT")]
    public_address: Option<String>,
}

/// What a relay is told while it runs.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())?, hangup: signal(SignalKind::hangup())? })
    }
    /// Until it is told to stop.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
    /// True for a reload, false for the end.
    async fn next(&mut self) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => false,
            _ = self.interrupt.recv() => false,
            _ = self.hangup.recv() => true,
        }
    }
}

impl Serve {
    /// Serves until SIGTERM or SIGINT; SIGHUP reads the configuration again. The first line on stdout says where.
    pub(crate) fn run(self) -> Result<Exit, Failed> {
        let config = self.config()?;
        let no_thread = |e| Failed::new("no-thread", &[("cause", &e)]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        // before anybody can know that we run: no signal is missed
        let mut signals = runtime.block_on(async { Signals::listen() }).map_err(no_thread)?;
        let relay = Relay::start(options(&config)?)?;
        say(&format!("listening {}", relay.authority()))?;
        runtime.block_on(async {
            while signals.next().await {
                self.reload(&relay, &config);
            }
        });
        tracing::info!("stopping; a second signal ends at once");
        let (told, stopped) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            relay.stop();
            let _ = told.send(());
        });
        runtime.block_on(async {
            tokio::select! {
                _ = stopped => Ok(Exit::Done),
                // what was acknowledged is on the disk: nothing is lost that anybody was promised
                () = signals.stop() => Err(Failed::new("ended-at-once", &[])),
            }
        })
    }

    /// What may change does, for connections to come; the rest waits for the next start, and the log says so.
    fn reload(&self, relay: &RunningRelay, started: &NodeConfig) {
        let config = match self.config() {
            Ok(config) => config,
            Err(e) => return tracing::error!(cause = %e, "the configuration is not taken; all stays as it was"),
        };
        let change = match reload(&config) {
            Ok(change) => change,
            Err(e) => return tracing::error!(cause = %e, "the configuration is not taken; all stays as it was"),
        };
        if let Err(e) = relay.reload(&change, &mut SystemRng) {
            return tracing::error!(cause = %e, "nothing was reloaded; all stays as it was");
        }
        let later = NodeConfig {
            public_address: started.public_address.clone(),
            leaf: started.leaf.clone(),
            keep_free_mib: started.keep_free_mib,
            ..config
        };
        if later != *started {
            tracing::warn!("the configuration has changes that wait for the next start");
        }
        tracing::info!("reloaded: a TLS leaf for new connections, public_address, keep_free_mib");
    }

    fn config(&self) -> Result<NodeConfig, ConfigError> {
        let mut config = self.place.node()?;
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        if self.public_address.is_some() {
            config.public_address.clone_from(&self.public_address);
        }
        Ok(config)
    }
}

const MIB: u64 = 1024 * 1024;

fn reload(config: &NodeConfig) -> Result<Reload, ConfigError> {
    Ok(Reload { public: config.public()?, leaf: config.leaf.clone(), keep_free: config.keep_free_mib.saturating_mul(MIB) })
}

fn options(config: &NodeConfig) -> Result<Options, ConfigError> {
    let mut options = Options::new(&config.data);
    options.public = config.public()?;
    options.listen = config.listen;
    options.metrics = config.metrics()?;
    options.reflection = config.reflection;
    options.run_key.clone_from(&config.run_key);
    options.identity_key.clone_from(&config.identity_key);
    options.leaf.clone_from(&config.leaf);
    options.keep_free = config.keep_free_mib.saturating_mul(MIB);
    options.max_connections = config.max_connections;
    options.max_held = usize::try_from(config.max_held_mib.saturating_mul(MIB)).unwrap_or(usize::MAX);
    options.postgres = config.store.postgres.clone();
    options.threads = (config.threads > 0).then_some(config.threads);
    Ok(options)
}
