//! Isolation forest (Liu, Ting, Zhou: "Isolation Forest", ICDM 2008): random trees cut the space of a few rows until each is
//! alone. A row that is alone after few cuts is odd.
//!
//! Its features are the ten numbers of a row and a column for each protocol, service and state of the training rows, 1 or 0
//! (the most frequent of each, if there are many). A value that didn't occur there is 0 in all columns. As in scikit-learn, a
//! cut is made in a column drawn among those that vary in the node.
//!
//! The crates that offer one read features from hash maps of text or need the number of columns at compile time, and follow
//! old versions of `rand`; the algorithm is short.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::{ROW_NUMBERS, Scorer, SimpleRow};

/// Trees of the forest, as in the paper.
const TREES: usize = 100;

/// Rows that a tree is made of, as in the paper.
const SAMPLE: usize = 256;

/// Most columns that protocols, services or states get. Networks have a few dozen services and fewer of the rest.
const LEVELS: usize = 32;

/// Euler's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// A forest that has grown.
#[derive(Clone, Debug)]
pub struct IsolationForest {
    columns: Columns,
    trees: Vec<Tree>,
    /// Average depth of a row in a tree, by which depths are divided: above 0.
    usual_depth: f64,
}

impl IsolationForest {
    /// Grows a forest, each tree of rows drawn without replacement.
    #[must_use]
    pub fn fit(rows: &[SimpleRow], seed: u64) -> Self {
        let columns = Columns::new(rows);
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let sample = SAMPLE.min(rows.len());
        let highest = (sample.max(1) as f64).log2().ceil() as u32;
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut trees = Vec::with_capacity(TREES);
        for _ in 0..TREES {
            // The beginning of a shuffle (Fisher and Yates) is a sample.
            for i in 0..sample {
                order.swap(i, random.random_range(i..rows.len()));
            }
            let points: Vec<_> = order[..sample].iter().map(|&i| columns.point(&rows[i])).collect();
            let mut drawn: Vec<usize> = (0..sample).collect();
            let mut tree = Tree { nodes: Vec::new() };
            tree.grow(&points, &mut drawn, highest, &mut random);
            trees.push(tree);
        }
        let usual_depth = average_depth(sample).max(1.0);
        Self { columns, trees, usual_depth }
    }
}

impl Scorer for IsolationForest {
    /// From 0 to 1, and above about 0.5 where a row is alone sooner than usual.
    fn score(&self, row: &SimpleRow) -> f64 {
        let point = self.columns.point(row);
        let depths: f64 = self.trees.iter().map(|tree| tree.depth(&point)).sum();
        (-depths / self.trees.len() as f64 / self.usual_depth).exp2()
    }
}

/// Average depth of an unsuccessful search in a binary tree of `rows` rows: c(n) of the paper.
fn average_depth(rows: usize) -> f64 {
    match rows {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let n = rows as f64;
            2.0 * ((n - 1.0).ln() + EULER) - 2.0 * (n - 1.0) / n
        }
    }
}

/// A row in the space that is cut.
type Point = Vec<f32>;

/// Which column stands for which value.
#[derive(Clone, Debug)]
struct Columns {
    /// For protocol, service and state, in this order.
    levels: [HashMap<u64, usize, FixedState>; 3],
    width: usize,
}

impl Columns {
    fn new(rows: &[SimpleRow]) -> Self {
        let mut width = ROW_NUMBERS;
        let levels = [0, 1, 2].map(|kind| {
            let mut counts: HashMap<u64, (usize, usize), FixedState> = HashMap::default();
            for (i, row) in rows.iter().enumerate() {
                counts.entry(values(row)[kind]).or_insert((0, i)).0 += 1;
            }
            let mut counts: Vec<_> = counts.into_iter().collect();
            // The most frequent first; of equally frequent ones that which came first.
            counts.sort_unstable_by_key(|&(_, (count, first))| (std::cmp::Reverse(count), first));
            let numbered =
                counts.iter().take(LEVELS).zip(width..).map(|(&(value, _), column)| (value, column));
            let levels: HashMap<u64, usize, FixedState> = numbered.collect();
            width += levels.len();
            levels
        });
        Self { levels, width }
    }

    fn point(&self, row: &SimpleRow) -> Point {
        let mut point = vec![0.0; self.width];
        point[..ROW_NUMBERS].copy_from_slice(&row.numbers);
        for (levels, value) in self.levels.iter().zip(values(row)) {
            if let Some(&column) = levels.get(&value) {
                point[column] = 1.0;
            }
        }
        point
    }
}

fn values(row: &SimpleRow) -> [u64; 3] {
    [row.proto, row.service, row.state]
}

#[derive(Clone, Debug)]
struct Tree {
    /// The root is the first.
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug)]
enum Node {
    Cut {
        column: u32,
        /// Rows above it go right.
        at: f32,
        left: u32,
        right: u32,
    },
    Leaf {
        /// The depth of this node, and what the rows left in it would add to it.
        depth: f64,
    },
}

impl Tree {
    /// Grows the tree of the drawn points, which it reorders. `room` is how many levels may follow.
    fn grow(&mut self, points: &[Point], drawn: &mut [usize], room: u32, random: &mut Pcg64Mcg) {
        self.node(points, drawn, 0, room, random);
    }

    /// Adds a node and all below it, and says where it stands.
    fn node(
        &mut self,
        points: &[Point],
        drawn: &mut [usize],
        depth: u32,
        room: u32,
        random: &mut Pcg64Mcg,
    ) -> u32 {
        let place = self.nodes.len();
        self.nodes.push(Node::Leaf { depth: f64::from(depth) + average_depth(drawn.len()) });
        if room == 0 || drawn.len() < 2 {
            return place as u32;
        }
        let Some((column, low, high)) = varying_column(points, drawn, random) else {
            return place as u32;
        };
        // Below the highest value, so that neither side is empty.
        let at = random.random_range(low..high);
        let middle = partition(points, drawn, column, at);
        let (left, right) = drawn.split_at_mut(middle);
        let left = self.node(points, left, depth + 1, room - 1, random);
        let right = self.node(points, right, depth + 1, room - 1, random);
        self.nodes[place] = Node::Cut { column: column as u32, at, left, right };
        place as u32
    }

    fn depth(&self, point: &[f32]) -> f64 {
        let mut place = 0;
        loop {
            match self.nodes[place] {
                Node::Leaf { depth } => return depth,
                Node::Cut { column, at, left, right } => {
                    place = if point[column as usize] <= at { left } else { right } as usize;
                }
            }
        }
    }
}

/// One of the columns in which the points differ, each with the same chance, and its lowest and highest value.
fn varying_column(points: &[Point], drawn: &[usize], random: &mut Pcg64Mcg) -> Option<(usize, f32, f32)> {
    let width = points[drawn[0]].len();
    let ranges = (0..width).map(|column| {
        let values = drawn.iter().map(|&i| points[i][column]);
        let (low, high) = values.fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        (column, low, high)
    });
    let varying: Vec<_> = ranges.filter(|&(_, low, high)| low < high).collect();
    (!varying.is_empty()).then(|| varying[random.random_range(0..varying.len())])
}

/// Brings those that aren't above the cut to the front, and says how many they are.
fn partition(points: &[Point], drawn: &mut [usize], column: usize, at: f32) -> usize {
    let mut front = 0;
    for i in 0..drawn.len() {
        if points[drawn[i]][column] <= at {
            drawn.swap(front, i);
            front += 1;
        }
    }
    front
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ordinary;

    #[test]
    fn average_depths_are_those_of_the_paper() {
        assert_eq!((average_depth(1), average_depth(2)), (0.0, 1.0));
        assert!((average_depth(256) - 10.244_770_920_119_917).abs() < 1e-12);
    }

    #[test]
    fn rows_that_are_all_alike_are_all_usual() {
        let rows = vec![ordinary(1)[0]; 300];
        let forest = IsolationForest::fit(&rows, 3);
        assert!(forest.trees.iter().all(|tree| tree.nodes.len() == 1));
        assert!((forest.score(&rows[0]) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn trees_are_no_higher_than_they_need_to_be() {
        let forest = IsolationForest::fit(&ordinary(2000), 3);
        for tree in &forest.trees {
            assert!(tree.nodes.len() < 2 << 8);
        }
    }

    #[test]
    fn another_seed_is_another_forest() {
        let rows = ordinary(600);
        let [a, b] = [1, 2].map(|seed| IsolationForest::fit(&rows, seed).score(&rows[0]));
        assert_ne!(a, b);
    }
}
