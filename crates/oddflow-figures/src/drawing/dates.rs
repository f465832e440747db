//! Days as people write them.

/// The days of the week, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: u8,
    /// From 1.
    pub(crate) day: u8,
    /// From 0, which is Monday.
    pub(crate) weekday: u8,
}

impl Date {
    /// The date of a day counted from 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms",
    /// `civil_from_days`).
    pub(crate) fn of_day(number: i64) -> Self {
        // Days from 0000-03-01: years that begin in March have their leap day at the end.
        let z = number + 719_468;
        let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u8,
            day: day as u8,
            // 1970-01-01 was a Thursday.
            weekday: (number + 3).rem_euclid(7) as u8,
        }
    }

    /// `Mon`.
    pub(crate) fn weekday_name(self) -> &'static str {
        WEEKDAYS[usize::from(self.weekday)]
    }

    /// `Mar`.
    pub(crate) fn month_name(self) -> &'static str {
        MONTHS[usize::from(self.month) - 1]
    }

    /// `2 Mar`.
    pub(crate) fn short(self) -> String {
        format!("{} {}", self.day, self.month_name())
    }

    /// `Mon 2 Mar 2026`.
    pub(crate) fn long(self) -> String {
        format!("{} {} {}", self.weekday_name(), self.short(), self.year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        for (day, date) in [
            (0, "Thu 1 Jan 1970"),
            (-1, "Wed 31 Dec 1969"),
            (11_016, "Tue 29 Feb 2000"),
            (20_514, "Mon 2 Mar 2026"),
            (47_540, "Sun 28 Feb 2100"),
            (47_541, "Mon 1 Mar 2100"),
        ] {
            assert_eq!(Date::of_day(day).long(), date);
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = Date::of_day(-800_000);
        for number in -799_999..800_000 {
            let date = Date::of_day(number);
            assert_eq!(date.weekday, (last.weekday + 1) % 7);
            if date.day == 1 {
                assert!(
                    last.day >= 28 && (date.month == last.month + 1 || (date.month, last.month) == (1, 12))
                );
            } else {
                assert_eq!((date.year, date.month, date.day), (last.year, last.month, last.day + 1));
            }
            last = date;
        }
        for number in [i64::from(i32::MIN), i64::from(i32::MAX)] {
            assert!(!Date::of_day(number).long().is_empty());
        }
    }
}
