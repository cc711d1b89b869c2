//! `lacre-relay registrar clerk`: who issues invitations from other machines.

use super::super::status::short;
use super::super::{Failed, Place, running, sentence, tell};
use super::rows;
use data_encoding::BASE64URL_NOPAD;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_store::counter::ClerkName;
use lacre_words::failure::Exit;
use lacre_words::words::{Words, key};

/// Clerks, who issue invitations from other machines
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ClerkCommand {
    /// Lets a clerk issue invitations, with the key that `lacre counter enroll` showed her
    Add(Add),
    /// All clerks, those included that were revoked
    List(List),
    /// From now on she is none, whatever she has open
    Revoke(Revoke),
}

impl ClerkCommand {
    pub(crate) fn run(&self, words: &Words) -> Result<Exit, Failed> {
        match self {
            Self::Add(args) => args.run(words),
            Self::List(args) => args.run(words),
            Self::Revoke(args) => args.run(words),
        }
    }
}

/// Lets a clerk issue invitations
#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// What she or her post is called: 1 to 32 of a-z, 0-9, _ . -
    #[arg(value_name = "NAME")]
    name: String,
    /// The 43 characters that `lacre counter enroll` showed her
    // one in 64 begins with a hyphen
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    key: String,
    /// She issues first invitations
    #[arg(long, required_unless_present = "reset")]
    issue: bool,
    /// She issues recovery codes: each puts an account in the place of another
    #[arg(long)]
    reset: bool,
    #[command(flatten)]
    place: Place,
}

fn name_of(text: &str) -> Result<String, Failed> {
    let name = ClerkName::parse(text).ok_or_else(|| Failed::usage("bad-clerk-name", &[("name", &text)]))?;
    Ok(name.as_str().to_owned())
}

impl Add {
    fn run(&self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let name = name_of(&self.name)?;
        let bad = || Failed::usage("bad-clerk-key", &[]);
        let bytes: [u8; 32] = BASE64URL_NOPAD.decode(self.key.as_bytes()).ok().and_then(|b| b.try_into().ok()).ok_or_else(bad)?;
        // one that is no key would be a clerk who can never come
        ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak()).ok_or_else(bad)?;
        let duties = match (self.issue, self.reset) {
            (true, true) => wire::Duties::Both,
            (_, true) => wire::Duties::Reset,
            (_, false) => wire::Duties::Issue,
        };
        let request = wire::AddClerkRequest { name: name.clone(), key: bytes.to_vec(), duties: duties.into() };
        running::counter(
            &config.data,
            |reason| match reason {
                "CLERK_EXISTS" => Some(Failed::no("clerk-exists")),
                "LIMIT" => Some(Failed::no("too-many-clerks")),
                _ => None,
            },
            |mut counter| async move { counter.add_clerk(request).await },
        )?;
        tell(&sentence(words, "clerk-added", &[("name", &name)]));
        Ok(Exit::Done)
    }
}

/// All clerks
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
    /// Prints [{"name", "key", "issue", "reset", "added_at", "revoked_at"}]
    #[arg(long)]
    json: bool,
}

impl List {
    fn run(&self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let list = running::counter(
            &config.data,
            |_| None,
            |mut counter| async move { counter.list_clerks(wire::ListClerksRequest {}).await },
        )?;
        let duties = |clerk: &wire::Clerk| {
            let duties = clerk.duties();
            let both = duties == wire::Duties::Both;
            (both || duties == wire::Duties::Issue, both || duties == wire::Duties::Reset)
        };
        let at = |ms: u64| (ms > 0).then(|| Millis::new(ms).to_string());
        let value = |clerk: &wire::Clerk| {
            let (issue, reset) = duties(clerk);
            serde_json::json!({
                "name": clerk.name, "key": BASE64URL_NOPAD.encode(&clerk.key), "issue": issue, "reset": reset,
                "added_at": at(clerk.added_at_ms), "revoked_at": at(clerk.revoked_at_ms),
            })
        };
        rows::told(&list.clerks, self.json, value, |clerk| {
            let may = match duties(clerk) {
                (true, true) => words.say(key("duties-both")),
                (true, false) => words.say(key("duties-issue")),
                (false, _) => words.say(key("duties-reset")),
            };
            let until = match clerk.revoked_at_ms {
                0 => String::new(),
                at => sentence(words, "clerk-was-revoked", &[("at", &short(at))]),
            };
            format!("{:<16}  {}  {may}  {until}", clerk.name, short(clerk.added_at_ms))
        })
    }
}

/// From now on she is none
#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// What she is called
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    place: Place,
}

impl Revoke {
    fn run(&self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let name = name_of(&self.name)?;
        let request = wire::RevokeClerkRequest { name: name.clone() };
        running::counter(
            &config.data,
            |reason| (reason == "NO_CLERK").then(|| Failed::no("no-clerk")),
            |mut counter| async move { counter.revoke_clerk(request).await },
        )?;
        tell(&sentence(words, "clerk-revoked", &[("name", &name)]));
        Ok(Exit::Done)
    }
}
