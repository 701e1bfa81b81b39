//! The embedded EC2 that `demo` shows and `simulate` serves: its arguments, which mean the same to both.

use jiff::Timestamp;

use super::exit::{CommandError, OrUsage as _};
use crate::sim::{Scenario, SharedWorld, TimeScale, World};

#[derive(Debug, clap::Args)]
pub(super) struct WorldArgs {
    #[arg(long, value_name = "NAME", default_value = "demo", help = "The world", long_help = scenarios())]
    pub(super) scenario: String,
    /// How many times faster than real time copies go, 0.001 to 10000; dates stay true
    #[arg(long, value_name = "X", default_value_t = 1.0, allow_negative_numbers = true)]
    pub(super) time_scale: f64,
}

/// The embedded scenarios and what they are, for help.
fn scenarios() -> String {
    let line = |name| {
        let summary = Scenario::named(name).map(|scenario| scenario.summary).unwrap_or_default();
        format!("\n  {name}: {}", summary.trim())
    };
    format!("The world, one of{}", Scenario::names().map(line).collect::<String>())
}

/// A world that can be built, which takes a moment and needs the time.
#[derive(Debug)]
pub(super) struct WorldPlan {
    pub(super) scenario: Scenario,
    /// With what a clean-up by hand has left.
    leftovers: bool,
    time_scale: TimeScale,
}

impl WorldArgs {
    /// # Errors
    /// No such scenario, or a scale out of range.
    pub(super) fn plan(&self) -> Result<WorldPlan, CommandError> {
        let time_scale = TimeScale::new(self.time_scale).or_usage()?;
        let leftovers = self.scenario == "demo";
        Ok(WorldPlan { scenario: Scenario::named(&self.scenario).or_usage()?, leftovers, time_scale })
    }
}

impl WorldPlan {
    /// Returns true if copies take their time.
    pub(super) fn in_real_time(&self) -> bool {
        self.time_scale == TimeScale::REAL
    }

    pub(super) fn build(&self, now: Timestamp) -> SharedWorld {
        let mut world = World::at_scale(&self.scenario, self.time_scale, now);
        if self.leftovers {
            world.add_leftovers(now);
        }
        SharedWorld::new(world)
    }
}
