//! What a command puts right when it is told to end (Ctrl-C, Ctrl-\, SIGTERM, a terminal that closes): the terminal's echo while a
//! passphrase is typed, a screen of its own, and files that are not whole yet. `Drop` does not run then.
//!
//! Installed at the first need, and once. `kill -9` can be answered by nobody: what must not stay behind even then is
//! made so that it cannot ([`Part`]).

use lacre_words::output::{Part, remove_unfinished};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use tokio::signal::unix::{SignalKind, signal};

/// The terminal, and how it was.
static TERMINAL: Mutex<Option<(File, Termios)>> = Mutex::new(None);
static LISTENING: OnceLock<bool> = OnceLock::new();
/// There is an [`OwnScreen`].
static OWN_SCREEN: AtomicBool = AtomicBool::new(false);
/// The terminal of it, and how it was: Ctrl-Z would leave the page there, and the program with its keys for whoever comes next.
static STAYING: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// A screen beside the terminal's (xterm's alternate one, which has no scrollback); what it showed is gone when it ends, however it
/// ends but for `kill -9`. A terminal that has no second screen is cleared, with its scrollback.
pub(crate) struct OwnScreen;

impl OwnScreen {
    /// From now on; of a stderr that is no terminal nothing is asked.
    pub(crate) fn begin() -> Self {
        listen();
        if io::stderr().is_terminal() {
            OWN_SCREEN.store(true, Ordering::SeqCst);
            if let Ok(tty) = File::options().read(true).write(true).open("/dev/tty")
                && let Ok(was) = tcgetattr(&tty)
            {
                let mut stays = was.clone();
                stays.special_codes[SpecialCodeIndex::VSUSP] = NO_KEY;
                let _asked = tcsetattr(&tty, OptionalActions::Now, &stays);
                *held(&STAYING) = Some((tty, was));
            }
            let _closed = io::stderr().write_all(b"\x1b[?1049h\x1b[2J\x1b[H");
        }
        Self
    }

    /// A new page of it.
    pub(crate) fn clear(&self) {
        if OWN_SCREEN.load(Ordering::SeqCst) {
            let _closed = io::stderr().write_all(b"\x1b[2J\x1b[H");
        }
    }
}

impl Drop for OwnScreen {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    if OWN_SCREEN.swap(false, Ordering::SeqCst) {
        let _closed = io::stderr().write_all(b"\x1b[2J\x1b[H\x1b[3J\x1b[?1049l");
    }
    if let Some((tty, was)) = held(&STAYING).take() {
        let _gone = tcsetattr(&tty, OptionalActions::Now, &was);
    }
}

/// A special character of a terminal that no key is (`_POSIX_VDISABLE`).
const NO_KEY: u8 = 0;

fn held(terminal: &'static Mutex<Option<(File, Termios)>>) -> MutexGuard<'static, Option<(File, Termios)>> {
    // nothing panics while it holds this lock, and what is inside is whole at every moment
    terminal.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does this with a terminal that shows no keys, makes no signals of them and gives each at once, before anything is asked: what is
/// typed at the first letter of a question is hidden too. Leaves it as it was, also when the command is told to end meanwhile; so nobody
/// else may change it.
pub(crate) fn with_quiet_terminal<T>(f: impl FnOnce(File) -> io::Result<T>) -> io::Result<T> {
    let tty = File::options().read(true).write(true).open("/dev/tty")?;
    let (was, hers) = (tcgetattr(&tty)?, tty.try_clone()?);
    listen();
    let mut quiet = was.clone();
    quiet.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
    (quiet.special_codes[SpecialCodeIndex::VMIN], quiet.special_codes[SpecialCodeIndex::VTIME]) = (1, 0);
    {
        let mut terminal = held(&TERMINAL);
        tcsetattr(&tty, OptionalActions::Now, &quiet)?;
        *terminal = Some((tty, was));
    }
    let done = f(hers);
    if let Some((tty, was)) = held(&TERMINAL).take() {
        let _gone = tcsetattr(&tty, OptionalActions::Now, &was);
    }
    done
}

/// A file of this name in this folder, which goes when the command is told to end before it is whole.
pub(crate) fn part(dir: &Path, name: &str) -> io::Result<Part> {
    listen();
    Part::new(dir, name)
}

/// From now on the signals end the process through [`put_right`]. Where no thread can be had they end it as ever.
pub(crate) fn listen() {
    LISTENING.get_or_init(|| {
        let (ready, listening) = mpsc::channel();
        std::thread::spawn(move || wait(&ready));
        listening.recv().unwrap_or(false)
    });
}

/// The person pressed Ctrl-C where no signal comes of it: ended as by the signal, with a word.
pub(crate) fn by_the_person(say: impl FnOnce()) -> ! {
    put_right();
    say();
    std::process::exit(128 + 2)
}

fn wait(ready: &mpsc::Sender<bool>) {
    // the sender is dropped on every way out: who waits for it goes on
    let ended = || -> io::Result<i32> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        runtime.block_on(async {
            let (mut interrupt, mut terminate, mut hangup, mut quit) = (
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
                signal(SignalKind::quit())?,
            );
            let _nobody_waits = ready.send(true);
            Ok(tokio::select! {
                _ = interrupt.recv() => 2,
                _ = terminate.recv() => 15,
                _ = hangup.recv() => 1,
                _ = quit.recv() => 3,
            })
        })
    };
    if let Ok(signal) = ended() {
        put_right();
        // as shells say it of whoever a signal has ended
        std::process::exit(128 + signal);
    }
}

fn put_right() {
    if let Some((tty, was)) = held(&TERMINAL).take() {
        let _gone = tcsetattr(&tty, OptionalActions::Now, &was);
        let _gone = (&tty).write_all(b"\n");
    }
    give_back();
    remove_unfinished();
}
