//! A relay in this process: from a data folder to a listening address, and back.
//!
//! ```
//! use lacre_relay::serve::{Options, Relay};
//!
//! let folder = tempfile::tempdir()?;
//! // on a free port of the loopback, with everything in the folder
//! let relay = Relay::start(Options::new(&folder.path().join("data")))?;
//! assert!(relay.authority().to_string().starts_with("lacre://127.0.0.1:"));
//! relay.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use crate::options::{Options, StoreParts};

use crate::folder::StartError;
use crate::prepare::{Controls, prepare};
use crate::service::Context;
use lacre_ground::address::Authority;
use lacre_ground::random::Rng;
use std::io;
use std::path::PathBuf;
use std::sync::PoisonError;
use std::thread::JoinHandle;
use tokio::sync::watch;

/// A relay to start.
pub struct Relay;

/// A relay that serves. Dropping it stops it.
pub struct RunningRelay {
    authority: Authority,
    controls: Controls,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Starts it and returns when it listens. It has threads of its own: any program may call this, async or not.
    pub fn start(options: Options) -> Result<RunningRelay, StartError> {
        let (stop, stopping) = watch::channel(false);
        let (ready, started) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("relay".into())
            .spawn(move || {
                let mut runtime = tokio::runtime::Builder::new_multi_thread();
                runtime.enable_all().thread_name("relay-worker").max_blocking_threads(64);
                if let Some(threads) = options.threads {
                    runtime.worker_threads(threads.max(1));
                }
                match runtime.build() {
                    Ok(runtime) => runtime.block_on(run(options, stopping, ready)),
                    Err(e) => drop(ready.send(Err(StartError::Thread(e)))),
                }
            })
            .map_err(StartError::Thread)?;
        match started.recv() {
            Ok(Ok(controls)) => {
                let authority = controls.authority.read().unwrap_or_else(PoisonError::into_inner).clone();
                Ok(RunningRelay { authority, controls, stop, thread: Some(thread) })
            }
            Ok(Err(e)) => {
                let _ = thread.join();
                Err(e)
            }
            Err(_) => Err(StartError::Thread(io::Error::other("the relay's thread ended"))),
        }
    }
}

impl RunningRelay {
    /// Where it is reached, with its identity.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }
    /// The port that it listens on; people may be told another one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.controls.local.1
    }
    /// Takes a fresh TLS leaf for connections to come, and what else may change while it runs. Nothing is cut off.
    /// After an error all is as before.
    pub fn reload(&self, change: &Reload, rng: &mut dyn Rng) -> Result<(), StartError> {
        let controls = &self.controls;
        let leaf = controls.maker.make(change.leaf.as_deref(), rng)?;
        let mut authority = controls.authority.write().unwrap_or_else(PoisonError::into_inner);
        let (host, port) = change.public.as_ref().unwrap_or(&controls.local);
        let now = Authority::new(host, *port, authority.identity())?;
        let before = std::mem::replace(&mut *authority, now);
        // seldom, and on a thread of the caller's
        let anybody = |context: &Context| context.reads.marks().is_ok_and(|marks| marks.accounts > 0);
        if *authority != before && controls.context.upgrade().is_some_and(|context| anybody(&context)) {
            tracing::warn!(
                before = %format_args!("{}:{}", before.host(), before.port()), now = %format_args!("{host}:{port}"),
                "THE ADDRESS CHANGED: accounts made from now on do not meet those made before. See RUNNING.md before you go on"
            );
        }
        controls.leaf.replace(leaf);
        controls.room.keep(change.keep_free);
        Ok(())
    }
    /// Ends calls that are under way within seconds, closes the store, and returns.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for RunningRelay {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What may change while a relay runs.
#[derive(Clone, Debug)]
pub struct Reload {
    /// host and port that people are told, when not those it listens on
    pub public: Option<(String, u16)>,
    /// a file with the TLS leaf; without it the relay makes a fresh one
    pub leaf: Option<PathBuf>,
    /// bytes of the disk that stay free
    pub keep_free: u64,
}

type Ready = std::sync::mpsc::Sender<Result<Controls, StartError>>;

async fn run(options: Options, stopping: watch::Receiver<bool>, ready: Ready) {
    match prepare(options, stopping.clone()).await {
        Err(e) => drop(ready.send(Err(e))),
        Ok(prepared) => {
            let _ = ready.send(Ok(prepared.controls.clone()));
            prepared.serve(stopping).await;
        }
    }
}
