//! What opens the profile, in this order: `--key-file`, `--passphrase-file`, the unlock agent, the person at the keyboard.

use crate::context::{Context, Global};
use crate::ended;
use crate::files;
use crate::trouble::open_failure;
use crate::whose::{Whose, not_anothers};
use data_encoding::HEXLOWER;
use lacre_core::{Client, Environment};
use lacre_profile::{OpenError, Profile, Secret, agent, exists};
use lacre_words::cause::cause;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use rpassword::ConfigBuilder;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write as _};
use std::path::Path;
use std::rc::Rc;
use zeroize::Zeroizing;

/// Fewest characters of a new passphrase.
const LEAST_CHARACTERS: usize = 8;
/// How often a new passphrase is asked for.
const TRIES: u8 = 3;
/// Most bytes that are read of a file with a secret.
const MOST_BYTES: u64 = 4096;

/// The profile, opened: a person's, or one that is new.
pub(crate) fn open(ctx: &Context) -> Result<Client, Failure> {
    let mut client = open_any(ctx)?;
    if client.whoami().map_err(|t| ctx.trouble(t))?.is_none() {
        let key = client.profile().key().clone();
        not_anothers(ctx, &ctx.profile_dir()?, &key, Whose::Person)?;
    }
    Ok(client)
}

fn open_any(ctx: &Context) -> Result<Client, Failure> {
    let dir = ctx.profile_dir()?;
    if !exists(&dir) {
        return Err(open_failure(&ctx.words, &OpenError::Missing, &dir));
    }
    if ctx.global.key_file.is_none()
        && ctx.global.passphrase_file.is_none()
        && let Some(key) = agent::ask(&dir)
    {
        match Client::open(&dir, Secret::Raw(&key), ctx.environment()) {
            // The agent keeps the key of a profile that is no longer in this place.
            Err(OpenError::WrongSecret) => {}
            other => return other.map_err(|e| open_failure(&ctx.words, &e, &dir)),
        }
    }
    open_with_secret(ctx, &dir)
}

/// The profile, opened without the agent: what `unlock` must do.
pub(crate) fn open_with_secret(ctx: &Context, dir: &Path) -> Result<Client, Failure> {
    if !exists(dir) {
        return Err(open_failure(&ctx.words, &OpenError::Missing, dir));
    }
    with_secret(ctx, false, |secret, env| Client::open(dir, *secret, env))?.map_err(|e| open_failure(&ctx.words, &e, dir))
}

/// The profile, opened; made if there is none (`enroll`). A new passphrase is asked for twice.
pub(crate) fn open_or_create(ctx: &Context) -> Result<Client, Failure> {
    let dir = ctx.profile_dir()?;
    if exists(&dir) {
        return open(ctx);
    }
    ctx.note(&ctx.words.say_with("new-profile", &[("dir", shown(&dir.display().to_string()).into())]));
    with_secret(ctx, true, |secret, env| Client::create(&dir, *secret, env))?.map_err(|e| open_failure(&ctx.words, &e, &dir))
}

/// A profile that is no account's, made with a new secret.
pub(crate) fn create_profile(ctx: &Context, dir: &Path) -> Result<Profile, Failure> {
    let make = |secret: &Secret<'_>, env: Environment| {
        let Environment { mut rng, observer, .. } = env;
        Profile::create(dir, *secret, rng.as_mut(), observer)
    };
    with_secret(ctx, true, make)?.map_err(|e| open_failure(&ctx.words, &e, dir))
}

/// Such a profile, opened: by the agent, or with its secret.
pub(crate) fn open_profile(ctx: &Context, dir: &Path) -> Result<Profile, Failure> {
    let asked = ctx.global.key_file.is_none() && ctx.global.passphrase_file.is_none();
    if let Some(key) = asked.then(|| agent::ask(dir)).flatten() {
        match Profile::open(dir, Secret::Raw(&key), ctx.environment().observer) {
            Err(OpenError::WrongSecret) => {}
            other => return other.map_err(|e| open_failure(&ctx.words, &e, dir)),
        }
    }
    with_secret(ctx, false, |secret, env| Profile::open(dir, *secret, env.observer))?
        .map_err(|e| open_failure(&ctx.words, &e, dir))
}

/// Whether an agent keeps this profile's key.
pub(crate) fn unlocked(ctx: &Context) -> bool {
    ctx.profile_dir().is_ok_and(|dir| agent::ask(&dir).is_some())
}

/// Where a secret comes from, if not from the keyboard.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) passphrase_file: Option<&'a Path>,
    pub(crate) key_file: Option<&'a Path>,
}

fn with_secret<T>(ctx: &Context, new: bool, use_it: impl FnOnce(&Secret<'_>, Environment) -> T) -> Result<T, Failure> {
    let Global { passphrase_file, key_file, .. } = &ctx.global;
    let source = Source { passphrase_file: passphrase_file.as_deref(), key_file: key_file.as_deref() };
    with_secret_from(ctx, source, new, |secret| use_it(secret, ctx.environment()))
}

/// A secret from there; a new one is asked for twice, and must be long enough.
pub(crate) fn with_secret_from<T>(
    ctx: &Context,
    source: Source<'_>,
    new: bool,
    use_it: impl FnOnce(&Secret<'_>) -> T,
) -> Result<T, Failure> {
    if let Some(path) = source.key_file {
        let key = key_file(ctx, path, new)?;
        return Ok(use_it(&Secret::KeyFile(&key)));
    }
    let passphrase = match source.passphrase_file {
        Some(path) => first_line(ctx, path)?,
        None if new => chosen(ctx)?,
        None => asked(ctx, &ctx.words.say("prompt-passphrase"))?,
    };
    if new && short(&passphrase) {
        return Err(ctx.failure("error-short-passphrase", Exit::Usage, &[("least", LEAST_CHARACTERS.into())]));
    }
    Ok(use_it(&Secret::Passphrase(&passphrase)))
}

fn short(passphrase: &str) -> bool {
    passphrase.chars().count() < LEAST_CHARACTERS
}

/// A new passphrase, typed twice. What does not do is asked for again: a command that ended there would leave the next try
/// to the shell, on the screen and in its history.
fn chosen(ctx: &Context) -> Result<Zeroizing<String>, Failure> {
    let mut tries = 1..=TRIES;
    loop {
        let failure = match chosen_once(ctx)? {
            Ok(passphrase) => return Ok(passphrase),
            Err(failure) => failure,
        };
        tries.next();
        if tries.is_empty() {
            return Err(failure);
        }
        ctx.note(&format!("{} {}", failure.what, ctx.words.say("prompt-once-more")));
    }
}

fn chosen_once(ctx: &Context) -> Result<Result<Zeroizing<String>, Failure>, Failure> {
    let first = asked(ctx, &ctx.words.say("prompt-new-passphrase"))?;
    // Said before the second question: typing a word twice only to hear that it is too short is no pleasure.
    if short(&first) {
        return Ok(Err(ctx.failure("error-short-passphrase", Exit::Usage, &[("least", LEAST_CHARACTERS.into())])));
    }
    if *asked(ctx, &ctx.words.say("prompt-again"))? != *first {
        return Ok(Err(ctx.failure("error-passphrases-differ", Exit::Usage, &[])));
    }
    Ok(Ok(first))
}

/// Keys of a terminal that makes no signals of them: Ctrl-C comes as a letter.
struct Keys {
    tty: File,
    interrupted: Rc<Cell<bool>>,
}

impl Read for Keys {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.tty.read(to)?;
        if to.iter().take(read).any(|key| *key == 3) {
            self.interrupted.set(true);
            return Err(ErrorKind::Other.into());
        }
        Ok(read)
    }
}

fn asked(ctx: &Context, text: &str) -> Result<Zeroizing<String>, Failure> {
    let interrupted = Rc::<Cell<bool>>::default();
    let typed = ended::with_quiet_terminal(|mut tty| {
        let keys = Keys { tty: tty.try_clone()?, interrupted: Rc::clone(&interrupted) };
        let config = ConfigBuilder::new().input_reader(keys).output_writer(tty.try_clone()?).build();
        let typed = rpassword::prompt_password_with_config(text, config);
        tty.write_all(b"\n")?;
        typed
    });
    if interrupted.get() {
        ended::by_the_person(|| ctx.note(&ctx.words.say("interrupted")));
    }
    typed
        .map(Zeroizing::new)
        .map_err(|e| ctx.failure("error-no-keyboard", Exit::CouldNotAsk, &[("why", cause(&ctx.words, &e).into())]))
}

fn content(ctx: &Context, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    std::fs::File::open(files::meant(path)).and_then(|f| f.take(MOST_BYTES).read_to_end(&mut bytes)).map_err(|e| {
        let name = shown(&path.display().to_string());
        ctx.failure("error-file", Exit::CouldNotAsk, &[("name", name.into()), ("why", cause(&ctx.words, &e).into())])
    })?;
    Ok(bytes)
}

/// A passphrase file: its first line.
fn first_line(ctx: &Context, path: &Path) -> Result<Zeroizing<String>, Failure> {
    let bytes = content(ctx, path)?;
    let text = core::str::from_utf8(&bytes)
        .map_err(|_| ctx.failure("error-passphrase-file", Exit::Usage, &[("name", shown(&path.display().to_string()).into())]))?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// A key file: 64 hexadecimal characters. Made, and only its owner's, if it is not there and a profile is being made.
fn key_file(ctx: &Context, path: &Path, new: bool) -> Result<Zeroizing<[u8; 32]>, Failure> {
    if new && !files::meant(path).exists() {
        let key = Zeroizing::new(lacre_ground::random::bytes::<32>(ctx.environment().rng.as_mut()));
        files::put(ctx, path, Zeroizing::new(format!("{}\n", HEXLOWER.encode(&*key))).as_bytes())?;
        ctx.note(&ctx.words.say_with("new-key-file", &[("file", shown(&path.display().to_string()).into())]));
        return Ok(key);
    }
    let text = content(ctx, path)?;
    let bytes = HEXLOWER.decode(text.trim_ascii()).map(Zeroizing::new).ok();
    let key = bytes.and_then(|b| <[u8; 32]>::try_from(b.as_slice()).ok()).map(Zeroizing::new);
    key.ok_or_else(|| ctx.failure("error-key-file", Exit::Usage, &[("name", shown(&path.display().to_string()).into())]))
}
