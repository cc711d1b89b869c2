//! The own account, and what others learn.

use super::Client;
use crate::network::Network;
use crate::words::{ClockDiffers, Settings, Trouble, WhoAmI};
use crate::{account, shelf, sync};
use lacre_ground::address::Invitation;
use lacre_ground::ids::Handle;
use lacre_ground::time::Millis;
use lacre_profile::Table;

/// The row of the proxy: there before there is an account, because enrolling connects.
const PROXY: &[u8] = b"proxy";

impl Client {
    /// Since when another account stands in the place of this one, by the registrar's word: this device is out. Whoever did
    /// not do that should be told at once.
    pub fn replaced(&mut self) -> Result<Option<Millis>, Trouble> {
        self.engine.run(|cx| Ok(shelf::own_or_none(cx)?.and_then(|own| own.replaced)))
    }

    /// Redeems an invitation. Can be repeated after any interruption; what was done is not done again.
    ///
    /// # Errors
    /// [`AccountTrouble::CodeRefused`](crate::AccountTrouble::CodeRefused), [`AccountTrouble::HandleTaken`](crate::AccountTrouble::HandleTaken) (call again with another handle), [`AccountTrouble::OtherAccount`](crate::AccountTrouble::OtherAccount),
    /// [`Trouble::Offline`] (call again later).
    pub fn enroll(&mut self, net: &mut dyn Network, invitation: &Invitation, handle: &Handle) -> Result<WhoAmI, Trouble> {
        sync::enroll(&mut self.engine, net, invitation, handle)
    }

    /// Whether the account came, or came back, with this invitation's code. If not, the relay knew it, and the code is still good.
    pub fn came_with(&mut self, invitation: &Invitation) -> Result<bool, Trouble> {
        self.engine.run(|cx| {
            let redeemed = shelf::own_or_none(cx)?.and_then(|own| own.redeemed.clone());
            Ok(redeemed.is_some_and(|code| code.expose() == invitation.code.expose()))
        })
    }

    /// Puts a new account in the place of a lost one, with a recovery code from the counter. The name stays; contacts must
    /// accept the new account. Can be repeated after any interruption.
    ///
    /// # Errors
    /// [`AccountTrouble::CodeRefused`](crate::AccountTrouble::CodeRefused), [`AccountTrouble::OtherAccount`](crate::AccountTrouble::OtherAccount) (a profile with an account: use another), [`Trouble::Offline`].
    pub fn recover(&mut self, net: &mut dyn Network, invitation: &Invitation) -> Result<WhoAmI, Trouble> {
        sync::recover(&mut self.engine, net, invitation)
    }

    /// Who this profile is; none before `enroll`.
    pub fn whoami(&mut self) -> Result<Option<WhoAmI>, Trouble> {
        account::whoami(&mut self.engine)
    }

    /// Whether this account takes a pause.
    pub fn paused(&mut self) -> Result<bool, Trouble> {
        self.engine.run(|cx| Ok(shelf::own(cx)?.paused))
    }

    /// A pause begins or ends. The relay is told with the next synchronisation.
    pub fn set_paused(&mut self, on: bool) -> Result<(), Trouble> {
        account::set_paused(&mut self.engine, on)
    }

    /// Whether the relay was told of each pause and of each right to write here that was changed in this profile: until then
    /// others meet what was so before.
    pub fn relay_told(&mut self) -> Result<bool, Trouble> {
        self.engine.run(|cx| {
            let own = shelf::own(cx)?;
            Ok(!own.pause_untold && own.token_changes.is_empty())
        })
    }

    /// How far this device's clock is from the relay's, if it is far; as of when the relay was last asked.
    pub fn clock_differs(&mut self) -> Result<Option<ClockDiffers>, Trouble> {
        self.engine.run(|cx| Ok(shelf::own(cx)?.clock_differs))
    }

    /// Whether this account was deleted: what is here can be read, nothing can be sent.
    pub fn deleted(&mut self) -> Result<bool, Trouble> {
        account::deleted(&mut self.engine)
    }

    /// Deletes the account. The conversations are asked to remove it first, as far as the relay can be reached.
    ///
    /// # Errors
    /// [`Trouble::Offline`]: it is not deleted yet; call again.
    pub fn delete_account(&mut self, net: &mut dyn Network) -> Result<(), Trouble> {
        sync::delete_account(&mut self.engine, net)
    }

    /// The proxy that everything of this profile goes through, as the person wrote it: who connects for it looks here first.
    pub fn proxy(&mut self) -> Result<Option<String>, Trouble> {
        self.engine.run(|cx| Ok(cx.s.get::<Option<String>>(Table::Meta, PROXY)?.flatten()))
    }

    /// From now on, or no longer.
    pub fn set_proxy(&mut self, proxy: Option<&str>) -> Result<(), Trouble> {
        let proxy = proxy.map(str::to_owned);
        self.engine.run(|cx| Ok(cx.s.put(Table::Meta, PROXY, b"", 0, &proxy)?))
    }

    /// What this person has chosen.
    pub fn settings(&mut self) -> Result<Settings, Trouble> {
        Ok(self.engine.own()?.settings)
    }

    /// From now on. Receipts that were sent stay sent.
    pub fn set_settings(&mut self, settings: Settings) -> Result<(), Trouble> {
        self.engine.run(|cx| {
            let mut own = shelf::take_own(cx)?;
            own.settings = settings;
            shelf::put_own(cx, own)
        })
    }
}
