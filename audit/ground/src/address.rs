//! Who is where: a relay's authority, a channel's address, an invitation.
//!
//! `lacre://host:port/<identity>` is a relay: the identity is its Ed25519 public key in base64url (43 characters), which
//! is its own fingerprint. An invitation has a further part, the one-time code in lower-case base32 (26 characters); a link
//! to ask somebody by has three: `@` and the handle, the account, and a right to write to its inbox (43 characters each).

use crate::ids::{AccountId, ChannelId, Code, Handle, Identity, Token};
use core::fmt;
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};

/// Why a text is no address or invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It does not begin with `lacre://`.
    #[error("an address begins with lacre://")]
    Scheme,
    /// Host and port are missing or malformed.
    #[error("an address has a host and a port: lacre://host:port/…")]
    HostPort,
    /// The relay's identity is missing or cut.
    #[error("the relay's identity has 43 characters: the address was cut or mistyped")]
    Identity,
    /// The link's name or one of its two parts is missing or cut.
    #[error("a link ends with a name and two parts of 43 characters: it was cut or mistyped")]
    Link,
    /// The invitation's code is missing or cut.
    #[error("the invitation's code has 26 characters: it was cut or mistyped")]
    Code,
}

/// A relay: where it is reached and which key it must have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authority {
    host: String,
    port: u16,
    identity: Identity,
}

impl Authority {
    /// The host is a name or an IP address (IPv6 in brackets), at most 253 characters.
    pub fn new(host: &str, port: u16, identity: Identity) -> Result<Self, AddressError> {
        let inner = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let good = match inner {
            Some(v6) => v6.parse::<core::net::Ipv6Addr>().is_ok(),
            None => {
                (1..=253).contains(&host.len()) && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            }
        };
        if !good || port == 0 {
            return Err(AddressError::HostPort);
        }
        Ok(Self { host: host.to_ascii_lowercase(), port, identity })
    }
    /// Name or IP address; IPv6 with its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
    /// TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
    /// The key that the relay's TLS certificate must be signed with.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }
    /// From `lacre://host:port/<identity>`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        match split(text)? {
            (authority, None) => Ok(authority),
            (_, Some(_)) => Err(AddressError::Identity),
        }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lacre://{}:{}/{}", self.host, self.port, BASE64URL_NOPAD.encode(self.identity.as_bytes()))
    }
}

fn split(text: &str) -> Result<(Authority, Option<&str>), AddressError> {
    let rest = text.trim().strip_prefix("lacre://").ok_or(AddressError::Scheme)?;
    let (host_port, path) = rest.split_once('/').ok_or(AddressError::Identity)?;
    let (host, port) = host_port.rsplit_once(':').ok_or(AddressError::HostPort)?;
    let port: u16 = port.parse().map_err(|_| AddressError::HostPort)?;
    let (identity, code) = match path.split_once('/') {
        Some((identity, code)) => (identity, Some(code)),
        None => (path, None),
    };
    let bytes = BASE64URL_NOPAD.decode(identity.as_bytes()).map_err(|_| AddressError::Identity)?;
    let identity = Identity::try_from(bytes.as_slice()).map_err(|_| AddressError::Identity)?;
    Ok((Authority::new(host, port, identity)?, code))
}

/// A channel on a relay. A conversation may live on another relay than yours: this is the whole of federation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// the relay
    pub authority: Authority,
    /// the channel there
    pub channel: ChannelId,
}

/// What the counter hands to a person: a relay and a one-time code.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// the relay that the account will live on
    pub authority: Authority,
    /// works once
    pub code: Code,
}

impl Invitation {
    /// From `lacre://host:port/<identity>/<code>`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (authority, code) = split(text)?;
        let code = code.ok_or(AddressError::Code)?.to_ascii_uppercase();
        let bytes = BASE32_NOPAD.decode(code.as_bytes()).map_err(|_| AddressError::Code)?;
        Ok(Self { authority, code: Code::try_from(bytes.as_slice()).map_err(|_| AddressError::Code)? })
    }
    /// The line to type or scan. It opens an account: show it to nobody else.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{}/{}", self.authority, BASE32_NOPAD.encode(self.code.expose()).to_ascii_lowercase())
    }
}

/// What a person hands to somebody who may ask: who it is, and the right to ask.
#[derive(Clone)]
pub struct ContactLink {
    /// the relay that the account lives on
    pub authority: Authority,
    /// the account's public name when the link was made
    pub handle: Handle,
    /// the account: whoever has the link needs no registrar to know whom it is from
    pub account: AccountId,
    /// right to write to its inbox, made for this link
    pub token: Token,
}

impl ContactLink {
    /// From `lacre://host:port/<identity>/@<handle>/<account>/<token>`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (authority, rest) = split(text)?;
        let rest = rest.and_then(|rest| rest.strip_prefix('@')).ok_or(AddressError::Link)?;
        let parts: Vec<&str> = rest.split('/').collect();
        let [handle, account, token] = parts.as_slice() else { return Err(AddressError::Link) };
        let handle = Handle::parse(handle).ok().filter(|h| h.as_str() == *handle).ok_or(AddressError::Link)?;
        let bytes = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| AddressError::Link);
        let account = AccountId::try_from(bytes(account)?.as_slice()).map_err(|_| AddressError::Link)?;
        let token = Token::try_from(bytes(token)?.as_slice()).map_err(|_| AddressError::Link)?;
        Ok(Self { authority, handle, account, token })
    }
    /// The line to hand out. Whoever has it may ask: give it to those who shall.
    #[must_use]
    pub fn expose(&self) -> String {
        let (account, token) = (BASE64URL_NOPAD.encode(self.account.as_bytes()), BASE64URL_NOPAD.encode(self.token.expose()));
        format!("{}/@{}/{account}/{token}", self.authority, self.handle.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_reads_back_and_a_cut_one_says_what_is_missing() {
        let authority = Authority::new("127.0.0.1", 7443, Identity::new([9; 32])).unwrap();
        let invitation = Invitation { authority, code: Code::new([5; 16]) };
        let text = invitation.expose();
        assert!(Invitation::parse(&text).unwrap() == invitation);
        assert!(Invitation::parse(&format!("  {text}\n")).unwrap() == invitation);
        for cut in 0..text.len() {
            assert!(Invitation::parse(&text[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_link_reads_back_is_no_invitation_and_a_cut_one_says_what_is_missing() {
        let authority = Authority::new("127.0.0.1", 7443, Identity::new([9; 32])).unwrap();
        let handle = Handle::parse("ana").unwrap();
        let link = ContactLink { authority, handle, account: AccountId::new([5; 32]), token: Token::new([6; 32]) };
        let text = link.expose();
        let read = ContactLink::parse(&format!(" {text}\n")).unwrap();
        assert_eq!(read.expose(), text);
        assert!(read.authority == link.authority && read.account == link.account && read.token.expose() == link.token.expose());
        assert_eq!(Invitation::parse(&text).err(), Some(AddressError::Code));
        for cut in 0..text.len() {
            assert!(ContactLink::parse(&text[..cut]).is_err(), "{cut}");
        }
        assert_eq!(ContactLink::parse(&text.replace("/@ana/", "/@@ana/")).err(), Some(AddressError::Link));
        assert_eq!(ContactLink::parse(&format!("{text}/x")).err(), Some(AddressError::Link));
    }

    #[test]
    fn hosts_with_strange_characters_are_refused() {
        let id = Identity::new([9; 32]);
        for host in ["", "a b", "a/b", "user@host", "[::1", "[zz]", "á.cl"] {
            assert_eq!(Authority::new(host, 1, id), Err(AddressError::HostPort), "{host}");
        }
        assert!(Authority::new("[::1]", 1, id).is_ok());
        assert_eq!(Authority::new("a.cl", 0, id), Err(AddressError::HostPort));
    }
}
