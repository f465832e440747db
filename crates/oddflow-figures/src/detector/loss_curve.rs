//! The loss of an autoencoder after each epoch, on what it trained on and on what it was validated on.

use kuva::plot::LinePlot;
use kuva::render::plots::Plot;

use crate::drawing::frame::{Axis, Frame, Key, Scale, Swatch, nice_range, nice_step};
use crate::drawing::marks::draw_mark;
use crate::drawing::numbers;
use crate::drawing::style;
use crate::figure::Figure;

/// Up to this many epochs each one has a dot; more would melt into the curve.
const MOST_DOTS: usize = 30;
/// Losses that span more than this factor are drawn on a log axis.
const DECADE: f64 = 10.0;
/// Losses below this are drawn on a linear axis: the library's log axis ends at 1e-10.
const SMALLEST_LOG: f64 = 1e-9;
/// The widest span that is shown: ticks at more powers of ten would run into each other.
const MOST_SHOWN: f64 = 1e12;
/// Losses from here on are beyond an `f32` and count as infinite.
const TOO_LARGE: f64 = 3.5e38;

/// Draws the training and validation loss of each epoch.
///
/// `epochs[i]` holds the mean squared error on the training and on the validation part after epoch `i + 1`.
/// `best_epoch` counts from 1 and names the epoch whose weights were kept; 0, or an epoch that isn't there, marks
/// none. The y axis is logarithmic where the losses are all above zero and span more than a decade. Losses that
/// aren't finite leave a gap, and a note says how many.
pub fn loss_curve(epochs: &[(f64, f64)], best_epoch: usize) -> Figure {
    let best = best_epoch.checked_sub(1).and_then(|i| epochs.get(i)).copied();
    let all = || epochs.iter().flat_map(|&(train, validation)| [train, validation]);
    let finite = || all().filter(|&loss| drawable(loss));
    let missing = all().count() - finite().count();

    let subtitle = match best {
        _ if epochs.is_empty() => "no epochs".into(),
        Some((train, validation)) => format!(
            "{}; the weights of epoch {} were kept: train {}, validation {}",
            numbers::counted(epochs.len() as u64, "epoch"),
            numbers::count(best_epoch as u64),
            numbers::value(train),
            numbers::value(validation),
        ),
        None => numbers::counted(epochs.len() as u64, "epoch"),
    };
    let notes = match missing {
        0 => Vec::new(),
        n => vec![format!("{} not drawn: not a finite number.", numbers::counted(n as u64, "loss value"))],
    };
    let frame = Frame {
        title: "Loss per epoch".into(),
        subtitle,
        legend: vec![
            Key { label: "training".into(), color: style::BLUE, swatch: Swatch::Line },
            Key { label: "validation".into(), color: style::VERMILLION, swatch: Swatch::Line },
        ],
        marks: usize::from(best.is_some()),
        x: epoch_axis(epochs.len()),
        y: loss_axis("mean squared error", finite),
        notes,
        width: style::WIDTH,
    };

    let bottom = frame.y.range.0;
    let training: Vec<_> = numbered(epochs.iter().map(|e| e.0)).collect();
    let validation: Vec<_> = numbered(epochs.iter().map(|e| e.1)).collect();
    let mut plots = curve(&training, style::BLUE);
    plots.extend(curve(&validation, style::VERMILLION));
    frame.draw(plots, |pen| {
        if best.is_some() {
            draw_mark(pen, pen.x(best_epoch as f64), &format!("best epoch {best_epoch}"), style::MUTED);
        }
        for (points, color) in [(&training, style::BLUE), (&validation, style::VERMILLION)] {
            for &(epoch, loss) in points {
                let is_best = best.is_some() && epoch == best_epoch as f64;
                if drawable(loss) && loss >= bottom && (is_best || epochs.len() <= MOST_DOTS) {
                    pen.dot(pen.x(epoch), pen.y(loss), if is_best { 4.5 } else { 2.5 }, color);
                }
            }
        }
    })
}

/// Draws the training loss of each epoch, where nothing was validated: `losses[i]` is that of epoch `i + 1`, a column's mean. The
/// weights of the last epoch were kept.
pub fn training_curve(losses: &[f64]) -> Figure {
    let finite = || losses.iter().copied().filter(|&loss| drawable(loss));
    let missing = losses.len() - finite().count();
    let frame = Frame {
        title: "Loss per epoch".into(),
        subtitle: match losses.last() {
            Some(last) => format!(
                "{}; the weights of the last one were kept: {}",
                numbers::counted(losses.len() as u64, "epoch"),
                numbers::value(*last),
            ),
            None => "no epochs".into(),
        },
        legend: vec![Key { label: "training".into(), color: style::BLUE, swatch: Swatch::Line }],
        marks: 0,
        x: epoch_axis(losses.len()),
        y: loss_axis("loss, mean over columns", finite),
        notes: match missing {
            0 => Vec::new(),
            n => {
                vec![format!("{} not drawn: not a finite number.", numbers::counted(n as u64, "loss value"))]
            }
        },
        width: style::WIDTH,
    };
    let points: Vec<_> = numbered(losses.iter().copied()).collect();
    let bottom = frame.y.range.0;
    frame.draw(curve(&points, style::BLUE), |pen| {
        for &(epoch, loss) in &points {
            if drawable(loss) && loss >= bottom && losses.len() <= MOST_DOTS {
                pen.dot(pen.x(epoch), pen.y(loss), 2.5, style::BLUE);
            }
        }
    })
}

fn drawable(loss: f64) -> bool {
    loss.abs() < TOO_LARGE
}

/// Each loss with the number of its epoch.
fn numbered(losses: impl Iterator<Item = f64>) -> impl Iterator<Item = (f64, f64)> {
    losses.enumerate().map(|(i, loss)| ((i + 1) as f64, loss))
}

/// A curve in as many pieces as the losses that aren't finite make of it. There is always one, since the library
/// draws axes only around a plot.
fn curve(points: &[(f64, f64)], color: &str) -> Vec<Plot> {
    points
        .split(|&(_, loss)| !drawable(loss))
        .map(|piece| {
            let line = LinePlot::new().with_data(piece.iter().copied());
            line.with_color(color).with_stroke_width(style::CURVE).into()
        })
        .collect()
}

fn epoch_axis(epochs: usize) -> Axis {
    let last = epochs.max(1) as f64;
    // A margin keeps the first and the last dot off the frame; it never reaches an epoch 0, which doesn't exist.
    let margin = (last * 0.02).clamp(0.25, 0.75);
    let step = nice_step((last / 12.0).max(1.0));
    let range = (1.0 - margin, last + last.mul_add(0.01, margin));
    Axis::new("epoch", range, Scale::Linear { step })
}

fn loss_axis<I: Iterator<Item = f64>>(label: &str, finite: impl Fn() -> I) -> Axis {
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return Axis::new(label, (0.0, 1.0), Scale::Linear { step: 0.2 });
    }
    if low > SMALLEST_LOG && high / low > DECADE {
        let low = low.max(high / MOST_SHOWN);
        let margin = (high / low).powf(0.05);
        let range = (low / margin, high * margin);
        return Axis::new(format!("{label} (log scale)"), range, Scale::Log);
    }
    let (range, step) = nice_range(low, high, 6);
    Axis::new(label, range, Scale::Linear { step })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn falling(epochs: usize) -> Vec<(f64, f64)> {
        (0..epochs).map(|i| 0.03 + (-(i as f64) / 8.0).exp()).map(|loss| (loss, loss * 1.1)).collect()
    }

    #[test]
    fn sixty_epochs() {
        insta::assert_snapshot!(words(&loss_curve(&falling(60), 57)));
    }

    #[test]
    fn less_than_a_decade_is_linear() {
        insta::assert_snapshot!(words(&loss_curve(&[(0.3, 0.31), (0.25, 0.27), (0.21, 0.28)], 2)));
    }

    #[test]
    fn any_number_of_epochs() {
        for epochs in [0, 1, 2, 3, 12, 13, 30, 31, 500, 5000] {
            check(&loss_curve(&falling(epochs), epochs));
        }
    }

    #[test]
    fn a_best_epoch_that_is_not_there_is_not_marked() {
        for best in [0, 4] {
            assert!(!words(&loss_curve(&falling(3), best)).contains("best epoch"));
        }
    }

    #[test]
    fn training_alone() {
        for epochs in [0, 1, 30, 79, 400] {
            let losses: Vec<f64> = falling(epochs).iter().map(|losses| losses.0).collect();
            let figure = training_curve(&losses);
            check(&figure);
            assert!(!words(&figure).contains("validation"));
        }
        check(&training_curve(&[0.5, f64::NAN, 1e300]));
    }

    #[test]
    fn strange_losses() {
        let diverged = [(0.5, 0.6), (f64::NAN, f64::INFINITY), (1e30, 1e200), (0.4, 0.5)];
        let figure = loss_curve(&diverged, 2);
        check(&figure);
        assert!(words(&figure).contains("3 loss values not drawn: not a finite number."));
        for losses in [
            [(0.0, 0.0); 2],
            [(1e-40, 1e-12); 2],
            [(-1.0, 5.0); 2],
            [(f64::NAN, f64::NAN); 2],
            [(1e-8, 1e37); 2],
        ] {
            check(&loss_curve(&losses, 1));
        }
    }
}
