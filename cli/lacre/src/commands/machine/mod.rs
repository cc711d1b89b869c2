//! What has to do with this machine, not with a profile: a demonstration, pages for `man`, words for shells.

pub(crate) mod demo;
pub(crate) mod extras;
