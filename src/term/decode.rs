//! Bytes from the terminal to keys, pastes and mouse events. Pure: no descriptor, no clock.
//!
//! Our own because crossterm's reader blocks inside an unfinished sequence, spins when the line hangs up there
//! (crossterm #793), and takes an ESC that arrives ahead of its sequence for the Esc key. The events are crossterm's
//! types, and mean what crossterm's would.
