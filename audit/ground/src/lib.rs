//! What all of Lacre stands on, and an auditor reads first.
//!
//! No network, no storage, no async; time and randomness are arguments. One idea a file:
//! [`label`] (what every hash, MAC and signature begins with), [`ids`], [`time`], [`random`], [`note`] (C2SP signed
//! notes), [`signed`] (their kinds as types), [`verified`] (what was checked), [`address`] (who is where), [`account`] (states and bindings, both notes), [`safety`] (what two people compare),
//! [`run`] (the national number), [`counter`] (what a clerk of the registrar signs), [`agency`] (what a public body signs), [`registrar`] (whose key it is), [`receipt`] (the relay's word for one entry), [`head`] (its word for a whole casilla) and [`seal`] (HPKE that can be made again).

pub mod account;
pub mod address;
pub mod agency;
pub mod counter;
pub mod head;
pub mod ids;
pub mod label;
pub mod note;
pub mod random;
pub mod receipt;
pub mod registrar;
pub mod run;
pub mod safety;
pub mod seal;
pub mod signed;
pub mod time;
pub mod verified;
