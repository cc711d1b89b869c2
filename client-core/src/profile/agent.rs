//! The unlock agent.
