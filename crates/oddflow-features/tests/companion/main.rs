//! The companion logs as their callers see them: what stands out, which order matters, and stopping and going on anywhere.

mod evidence;
mod logs;
mod oddities;
mod office_day;
mod order;
mod reading;
