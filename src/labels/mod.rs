//! Values of the engine, the store and the driver in words, for screens, commands and log lines alike.

pub mod driver;
