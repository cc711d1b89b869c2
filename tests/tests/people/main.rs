//! What people do: contacts, conversations, groups, files, the program, profiles of every version.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a panic is how a test says no"
)]

mod absent;
mod alerts;
mod assist;
mod claims;
mod cli_choices;
mod cli_keyboard;
mod cli_notices;
mod cli_output;
mod cli_people;
mod cli_screens;
mod contacts;
mod contents;
mod conversations;
mod copies;
mod counter;
mod embedding;
mod export;
mod fallback;
mod files;
mod four_eyes;
mod groups;
mod heads;
mod kept;
mod large_groups;
mod leaving;
mod newer;
mod notice_address;
mod notice_exports;
mod notice_limits;
mod notice_screens;
mod notices;
mod notices_again;
mod notices_real;
mod notices_wrong;
mod official;
mod official_batches;
mod official_faults;
mod official_killed;
mod official_replies;
mod official_resets;
mod official_restored;
mod official_seen;
mod official_templates;
mod official_thousand;
mod official_weather;
mod officials;
mod outputs;
mod receipts;
mod reminders;
mod resets;
mod room;
mod round_trips;
mod seals;
mod second_client;
mod second_notices;
mod stolen;
mod stolen_notes;
mod successor;
mod vanishing;
