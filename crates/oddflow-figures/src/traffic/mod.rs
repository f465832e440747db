//! Figures of a network's traffic: how its numbers are spread, when it flows, and who has most of it.

mod daily_bars;
mod day_panels;
mod distribution;
mod heat_map;
mod hour_of_week;
mod pie;
mod port_distribution;
mod quantiles_by_name;
mod ranked_bars;

pub use daily_bars::{DailyBars, daily_bars};
pub use day_panels::{DayChoice, DayPanels, DaySeries, day_panels};
pub use distribution::{Bin, Distribution, distribution};
pub use heat_map::{CellColors, HeatMap, heat_map};
pub use hour_of_week::{HourOfWeek, hour_of_week};
pub use pie::{Pie, pie};
pub use port_distribution::{PortDistribution, port_distribution};
pub use quantiles_by_name::{Quantiles, QuantilesByName, quantiles_by_name};
pub use ranked_bars::{Item, RankedBars, Rest, ranked_bars};
