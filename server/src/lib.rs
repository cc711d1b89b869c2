//! The relay of Lacre: it stores ciphertext and orders it.
