//! Roles: who at a body drafts, approves and administers. Two administrators sign, and each list names the one before.
//!
//! | number | signed by |
//! |---|---|
//! | 0 | two whom the registrar's office notes call administrators |
//! | n + 1 | two administrators of number n |

use super::fields;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::AccountId;
use lacre_ground::note::{Lines, NoteError};
use lacre_ground::signed::NoteText;
use lacre_ground::time::Millis;

/// Most lines of a list: an account has one for each of its roles.
pub const MAX_OFFICIALS: usize = 512;
/// Fewest administrators: so many sign the next list.
pub const ADMINISTRATORS: usize = 2;

/// What somebody may do at a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// signs lists of roles
    Administrator,
    /// approves batches that another one drafted
    Approver,
    /// drafts batches
    Drafter,
}

impl Role {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 3] = [Self::Administrator, Self::Approver, Self::Drafter];
    /// As it stands in a list.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Approver => "approver",
            Self::Drafter => "drafter",
        }
    }
    /// From a list.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == text)
    }
}

/// A list of roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// the body
    pub agency: AgencyCode,
    /// 0, 1, 2 …
    pub number: u64,
    /// note hash of the list before; none for number 0
    pub previous: Option<[u8; 32]>,
    /// when it was made
    pub made_at: Millis,
    /// who may do what, in ascending order; none twice
    pub officials: Vec<(AccountId, Role)>,
}

impl NoteText for Roles {
    type Error = NoteError;
    const KIND: &'static str = "lacre roles v1";

    fn lines(&self) -> String {
        let previous = fields::or_none(self.previous.as_ref());
        let mut out = format!("agency {}\nnumber {}\nprevious {previous}\nmade {}\n", self.agency, self.number, self.made_at);
        for (account, role) in &self.officials {
            out.push_str(&format!("official {account} {}\n", role.name()));
        }
        out
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        let agency = lines.parsed("agency", AgencyCode::parse)?;
        let number = lines.parsed("number", fields::number)?;
        let previous = lines.parsed("previous", fields::hex32_or_none)?;
        let made_at = lines.parsed("made", |v| Millis::parse(v).ok())?;
        let mut officials: Vec<(AccountId, Role)> = Vec::new();
        while lines.next_is("official") && officials.len() < MAX_OFFICIALS {
            let official = lines.parsed("official", official)?;
            if officials.last().is_some_and(|before| *before >= official) {
                return Err(lines.wrong("officials in ascending order, none twice"));
            }
            officials.push(official);
        }
        let roles = Self { agency, number, previous, made_at, officials };
        let enough = roles.with(Role::Administrator).count() >= ADMINISTRATORS;
        if enough { Ok(roles) } else { Err(lines.wrong("two administrators")) }
    }
}

fn official(text: &str) -> Option<(AccountId, Role)> {
    let (account, role) = text.split_once(' ')?;
    Some((AccountId::from_hex(account).ok()?, Role::parse(role)?))
}

impl Roles {
    /// Does this account have this role?
    #[must_use]
    pub fn has(&self, account: &AccountId, role: Role) -> bool {
        self.officials.contains(&(*account, role))
    }
    /// Who has this role.
    pub fn with(&self, role: Role) -> impl Iterator<Item = &AccountId> {
        self.officials.iter().filter(move |(_, r)| *r == role).map(|(account, _)| account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(officials: &[(u8, Role)]) -> Result<Roles, NoteError> {
        let officials = officials.iter().map(|(n, role)| (AccountId::new([*n; 32]), *role)).collect();
        let agency = AgencyCode::parse("SMA").unwrap();
        Roles::parse(&Roles { agency, number: 0, previous: None, made_at: Millis::new(5), officials }.text())
    }

    #[test]
    fn a_list_is_in_order_names_nobody_twice_and_keeps_two_administrators() {
        use Role::{Administrator as A, Approver as P, Drafter as D};
        assert!(roles(&[(1, A), (1, P), (1, D), (2, A)]).is_ok());
        for bad in [
            &[(1, A), (2, P)][..],
            &[(2, A), (1, A)],
            &[(1, P), (1, A), (2, A)],
            &[(1, A), (1, A), (2, A)],
            &[(1, A), (1, A)],
            &[],
        ] {
            assert!(roles(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_list_has_512_lines_and_not_one_more() {
        let many = |n: usize| {
            let account = |i: usize| AccountId::new(std::array::from_fn(|b| if b > 29 { i.to_be_bytes()[b - 24] } else { 0 }));
            let officials = (0..n).map(|i| (account(i), Role::Administrator)).collect();
            let agency = AgencyCode::parse("SMA").unwrap();
            Roles::parse(&Roles { agency, number: 0, previous: None, made_at: Millis::new(5), officials }.text())
        };
        assert!(many(MAX_OFFICIALS).is_ok());
        assert!(many(MAX_OFFICIALS + 1).is_err());
    }
}
