//! The account as its person's address for official notices. She says so once, in words that are signed, and may take it back or
//! pause it at any time. The relay is told with the next synchronisation; in the same step no further grant is made for the
//! casillas that were open, because the relay closes them when it is told.

use crate::shelf;
use crate::shelf::{Cx, Engine, Told};
use crate::words::{NoticeAddress, NoticeTrouble, StepError, Trouble};
use lacre_evidence::Designation;
use lacre_ground::account::{AccountState, DEVICE};
use lacre_ground::note::NoteSigner;
use lacre_ground::signed::NoteText as _;
use lacre_ground::verified::Verified;

/// Longest statement of a designation, bytes.
pub const MAX_STATEMENT: usize = lacre_evidence::designation::MAX_STATEMENT;

/// The account's states, as this profile keeps them.
pub(super) fn own_states(cx: &mut Cx<'_, '_>) -> Result<Vec<Verified<AccountState>>, StepError> {
    let own = shelf::own(cx)?;
    own.states.iter().map(|raw| AccountState::stored(raw).map_err(|e| StepError::Again(e.to_string()))).collect()
}

/// What this device signs notes with.
pub(super) fn note_signer(cx: &mut Cx<'_, '_>) -> Result<NoteSigner, StepError> {
    let own = shelf::own(cx)?;
    NoteSigner::new(DEVICE, &own.signing.0).map_err(|e| StepError::Again(e.to_string()))
}

/// What the relay is to be told now.
pub(super) fn wanted(cx: &mut Cx<'_, '_>) -> Result<Told, StepError> {
    let (own, row) = (shelf::own(cx)?, shelf::address(cx)?);
    Ok(Told { generation: own.generation, on: row.on, paused: row.on && row.paused })
}

/// From now on official notices reach the person here; `statement` is what she was shown.
pub(crate) fn designate(engine: &mut Engine, statement: &str) -> Result<(), Trouble> {
    engine.run(|cx| {
        let own = shelf::living(cx)?;
        if shelf::address(cx)?.office.is_some() {
            return Err(NoticeTrouble::OfficeAccount.into());
        }
        let signer = note_signer(cx)?;
        let made_at = shelf::not_ahead(&own, cx.now);
        let note = Designation { account: own.account, made_at, statement: statement.to_owned() };
        let raw = note.sign(&signer).map_err(|e| StepError::Again(e.to_string()))?;
        // what we would not read ourselves, nobody gets
        let states = own_states(cx)?;
        Designation::verify(&raw, states.iter().map(|s| &**s)).map_err(|e| StepError::Again(e.to_string()))?;
        let mut row = shelf::take_address(cx)?;
        if row.on {
            return Ok(());
        }
        row.designations.push(raw);
        (row.on, row.paused) = (true, false);
        shelf::put_address(cx, row)?;
        cx.reached("notices: designated")
    })
}

/// They reach her here no longer.
pub(crate) fn take_back(engine: &mut Engine) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut row = shelf::take_address(cx)?;
        if !row.on {
            return Ok(());
        }
        (row.on, row.paused) = (false, false);
        shelf::put_address(cx, row)?;
        close_periods(cx)?;
        cx.reached("notices: taken back")
    })
}

/// Notices pause, or come again.
pub(crate) fn pause(engine: &mut Engine, on: bool) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut row = shelf::take_address(cx)?;
        if !row.on {
            return Err(NoticeTrouble::NotDesignated.into());
        }
        if row.paused != on {
            row.paused = on;
            shelf::put_address(cx, row)?;
            close_periods(cx)?;
        }
        cx.reached("notices: paused")
    })
}

/// Whether bodies are told when a notice was opened, from now on.
pub(crate) fn tell_opened(engine: &mut Engine, on: bool) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut row = shelf::take_address(cx)?;
        row.tell_opened = on;
        shelf::put_address(cx, row)
    })
}

/// The relay closes what was open; what comes after a pause comes in another casilla.
pub(super) fn close_periods(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    for period in shelf::periods(cx)? {
        if let Some(mut row) = shelf::take_period(cx, period.channel)?.filter(|row| !row.closed) {
            row.closed = true;
            shelf::put_period(cx, row)?;
        }
    }
    Ok(())
}

/// What this device and the registrar have of it.
pub(crate) fn address(engine: &mut Engine) -> Result<NoticeAddress, Trouble> {
    engine.run(|cx| {
        let (row, want) = (shelf::address(cx)?, wanted(cx)?);
        let newest = row.designations.last().filter(|_| row.on).and_then(|raw| read(raw));
        let (since, statement) = newest.map(|d| (d.made_at, d.statement)).unzip();
        let said = row.said.as_ref();
        Ok(NoticeAddress {
            on: row.on,
            since,
            statement,
            paused: row.paused,
            told: row.designations.is_empty() || row.told == Some(want),
            tell_opened: row.tell_opened,
            reminders: !row.no_reminders,
            remaining: said.map(|s| s.remaining),
            answers: said.map(|s| s.answers.clone()).unwrap_or_default(),
            exempt: said.and_then(|s| s.exempt.clone()).filter(|_| row.on),
            said_at: said.map(|s| s.at),
        })
    })
}

/// One of its own designations, which it verified when it made it.
pub(super) fn read(raw: &str) -> Option<Designation> {
    let note = lacre_ground::note::UnverifiedNote::parse(raw).ok()?;
    Designation::parse(note.unverified_text()).ok()
}
