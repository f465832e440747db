//! Scores row by row: what can be had in any thread is made of a chunk alone, the rest in the order of the rows.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::ops::ControlFlow;

use jiff::tz::TimeZone;
use oddflow_detector::Model;
use oddflow_detector::behaviour::{
    Explainer, Key, Model as BehaviourModel, Scored, Session, Tracked, Workspace, title,
};
use oddflow_detector::classic::{Detector, Model as ClassicModel};
use oddflow_explore::{HighScore, ScoreExploration, Scores};
use oddflow_features::Recipe as RecipeName;
use oddflow_features::behaviour::Fields;
use oddflow_features::classic::describe;
use smol_str::SmolStr;
use zeek_filter::Filters;
use zeek_log::{Chunk, ConnRecord, LogFile, LogHead, Position, ReadOptions};

use crate::arguments::CompanionArguments;
use crate::companions::{Companions, Unread};
use crate::detection::behaviour::{FlowChunk, FlowWork};
use crate::failure::Failure;
use crate::input::{Input, ProblemReport};

/// Rows that are explained.
const HIGHEST: usize = 20;
/// Reasons that are told of a row.
const REASONS: usize = 3;

/// A model that scores what is explored.
pub(crate) enum Subject {
    Classic(Box<(ClassicModel, Detector)>),
    Behaviour(Box<BehaviourModel>),
}

/// A chunk, scored as far as that can be done in any thread.
pub(crate) struct JudgedChunk {
    /// Those of the rows that are to be counted.
    rows: Vec<Row>,
    /// The score of each row, of a classic model.
    classic: Vec<f32>,
    /// The rows as the state of a behaviour model takes them.
    flows: Option<FlowChunk>,
    chunk: Chunk,
}

struct Row {
    /// Its place among all rows of the chunk.
    place: usize,
    ts: f64,
    service: Option<SmolStr>,
    position: Position,
    /// Who talks to whom on which port, as a hash.
    pair: u64,
}

/// What rows are told once of: of a classic model a pair of hosts and a port; of a behaviour model what makes one incident.
type Kind = (u64, u64);

/// A subject at work.
pub(crate) struct Judge<'m> {
    recipe: Recipe<'m>,
    options: ReadOptions,
    companions: Unread,
    logs: Vec<String>,
    scores: ScoreExploration,
    /// In their order: the highest first, of each kind one.
    highest: Vec<(Kind, HighScore)>,
}

enum Recipe<'m> {
    Classic(&'m Detector),
    Behaviour(Box<Behaviour<'m>>),
}

struct Behaviour<'m> {
    explainer: Explainer<'m>,
    session: Session,
    tracked: Tracked,
    workspace: Workspace,
    scored: Vec<Scored>,
}

impl From<Model> for Subject {
    fn from(model: Model) -> Self {
        match model {
            Model::Classic(model) => {
                let detector = Detector::new(&model);
                Self::Classic(Box::new((*model, detector)))
            }
            Model::Behaviour(model) => Self::Behaviour(model),
        }
    }
}

impl Subject {
    fn id(&self) -> &str {
        match self {
            Self::Classic(classic) => classic.0.id(),
            Self::Behaviour(model) => model.id(),
        }
    }

    fn recipe(&self) -> RecipeName {
        match self {
            Self::Classic(_) => RecipeName::Classic,
            Self::Behaviour(_) => RecipeName::Behaviour,
        }
    }

    /// The score from which on a row is odd.
    fn threshold(&self) -> Option<f64> {
        match self {
            Self::Classic(classic) => classic.0.threshold(classic.0.default_quantile()),
            Self::Behaviour(model) => {
                Some(f64::from(model.calibration_incidents().live_threshold(model.budget())))
            }
        }
    }

    /// Scores a chunk, as far as it can be done in any thread. Rows for which `counts` is false are seen by the state and not
    /// counted.
    pub(crate) fn chunk(
        &self,
        chunk: &Chunk,
        options: &ReadOptions,
        counts: &dyn Fn(&ConnRecord<'_>) -> bool,
    ) -> JudgedChunk {
        let (mut rows, mut place, mut matrix) = (Vec::new(), 0, Vec::new());
        chunk.conn_rows(options, |record, row| {
            if counts(record) {
                let service = record.service.map(SmolStr::from);
                let pair = pair(record);
                rows.push(Row { place, ts: record.ts, service, position: row.position(), pair });
            }
            if let Self::Classic(classic) = self {
                classic.1.encode(record, &mut matrix);
            }
            place += 1;
            ControlFlow::Continue(())
        });
        let (mut classic, mut flows) = (Vec::new(), None);
        match self {
            Self::Classic(subject) => subject.1.score(&matrix, &mut classic),
            Self::Behaviour(model) => {
                let work = FlowWork {
                    model,
                    options: options.clone(),
                    exclude: &Filters::default(),
                    keeps_uids: false,
                    traffic: None,
                };
                flows = Some(work.chunk(chunk).0);
            }
        }
        JudgedChunk { rows, classic, flows, chunk: chunk.clone() }
    }
}

impl<'m> Judge<'m> {
    /// A subject that begins where its baseline ended.
    pub(crate) fn new(
        subject: &'m Subject,
        input: &Input,
        zone: &TimeZone,
        beside: &CompanionArguments,
    ) -> Result<Self, Failure> {
        let recipe = match subject {
            Subject::Classic(classic) => Recipe::Classic(&classic.1),
            Subject::Behaviour(model) => Recipe::Behaviour(Box::new(Behaviour {
                explainer: Explainer::new(model),
                session: model.session().map_err(|error| Failure::damaged_state(&error.to_string()))?,
                tracked: Tracked::default(),
                workspace: Workspace::default(),
                scored: Vec::new(),
            })),
        };
        // A classic model knows conn logs alone.
        let none = beside.conn_only || matches!(recipe, Recipe::Classic(_));
        Ok(Self {
            recipe,
            options: input.options.clone(),
            companions: Unread::new(Companions::find(&beside.with, none, &input.options)?, input.threads),
            logs: Vec::new(),
            scores: ScoreExploration::new(zone, subject.threshold()),
            highest: Vec::new(),
        })
    }

    /// A log is begun.
    pub(crate) fn begin(&mut self, log: &LogFile, head: &LogHead) {
        self.companions.begin(log, head);
        self.logs.push(log.name().into());
    }

    /// The next chunk, in order.
    pub(crate) fn take(&mut self, log: usize, part: &JudgedChunk) {
        let scores = match (&mut self.recipe, &part.flows) {
            (Recipe::Behaviour(behaviour), Some(flows)) => {
                if !flows.flows.is_empty() {
                    let reader = behaviour.explainer.model().reader(Fields::NONE);
                    let session = &mut behaviour.session;
                    self.companions.read(log, &reader, &|_| false, &mut |row| session.take(&row));
                }
                behaviour.score(flows)
            }
            _ => part.classic.clone(),
        };
        let mut odd: Vec<(Kind, &Row)> = Vec::new();
        for row in &part.rows {
            let score = f64::from(scores[row.place]);
            self.scores.add(row.ts, row.service.as_deref(), score);
            // Of equal scores the earlier row stays.
            if self.highest.len() < HIGHEST || self.highest.last().is_some_and(|(_, last)| score > last.score)
            {
                odd.push((self.kind(part, row), row));
            }
        }
        // A log that is odd as a whole has many rows that are odder than any before; only the oddest of each kind are read again.
        odd.sort_by(|(_, a), (_, b)| scores[b.place].total_cmp(&scores[a.place]).then(a.place.cmp(&b.place)));
        let mut seen = HashSet::new();
        odd.retain(|(kind, row)| {
            let known = self.highest.iter().find(|(known, _)| known == kind);
            known.is_none_or(|(_, known)| f64::from(scores[row.place]) > known.score) && seen.insert(*kind)
        });
        odd.truncate(HIGHEST);
        odd.sort_unstable_by_key(|(_, row)| row.place);
        let found = self.explain(log, part, &odd, &scores);
        self.highest.retain(|(kind, _)| found.iter().all(|(other, _)| other != kind));
        self.highest.extend(found);
        // A stable sort: what came first stays first.
        self.highest.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        self.highest.truncate(HIGHEST);
    }

    fn kind(&self, part: &JudgedChunk, row: &Row) -> Kind {
        match (&self.recipe, &part.flows) {
            (Recipe::Behaviour(behaviour), Some(chunk)) => {
                let key = Key::of(&chunk.flows[row.place], &behaviour.scored[row.place]);
                (key.host, (key.family as u64) << 8 | key.class.index() as u64)
            }
            _ => (row.pair, 0),
        }
    }

    /// Reads rows of a chunk again, as their text was not kept, and says what is odd about them.
    fn explain(
        &self,
        log: usize,
        part: &JudgedChunk,
        odd: &[(Kind, &Row)],
        scores: &[f32],
    ) -> Vec<(Kind, HighScore)> {
        let mut found = Vec::with_capacity(odd.len());
        part.chunk.conn_rows_at(
            &self.options,
            odd.iter().map(|(_, row)| row.position),
            |which, record, row| {
                let (kind, odd) = &odd[which];
                let (title, why) = self.why(record, part, odd.place);
                let high = HighScore {
                    score: f64::from(scores[odd.place]),
                    ts: record.ts,
                    uid: record.uid.unwrap_or_default().into(),
                    orig_h: record.orig_h,
                    orig_p: record.orig_p,
                    resp_h: record.resp_h,
                    resp_p: record.resp_p,
                    proto: record.proto.into(),
                    service: record.service.map(Into::into),
                    conn_state: record.conn_state.map(Into::into),
                    file: self.logs[log].clone(),
                    line: row.line(),
                    title,
                    why,
                    alert: None,
                    incident: None,
                };
                found.push((*kind, high));
            },
        );
        found
    }

    /// What an incident of a row would be called, and the strongest reasons.
    fn why(
        &self,
        record: &ConnRecord<'_>,
        part: &JudgedChunk,
        place: usize,
    ) -> (Option<String>, Vec<String>) {
        match (&self.recipe, &part.flows) {
            (Recipe::Behaviour(behaviour), Some(chunk)) => {
                let (flow, scored) = (&chunk.flows[place], &behaviour.scored[place]);
                let features = &behaviour.tracked.features[place];
                let explanation =
                    behaviour.explainer.explain(record, flow.originator(), flow.absent, features, scored);
                let families = explanation.families.iter().map(|reason| &reason.words);
                let missed = explanation.features.iter().map(|missed| &missed.words);
                let why = families.chain(missed).take(REASONS).cloned().collect();
                (Some(title(Key::of(flow, scored).family, record, &explanation)), why)
            }
            (Recipe::Classic(detector), _) => {
                let mut features = Vec::with_capacity(detector.width());
                detector.encode(record, &mut features);
                let why = detector.explain(record, &features, REASONS);
                (None, why.iter().map(|one| describe(one.name, one.value, one.expected)).collect())
            }
            (Recipe::Behaviour(_), None) => (None, Vec::new()),
        }
    }

    /// What came of it, and what could not be read of companion logs.
    pub(crate) fn finish(self, subject: &Subject) -> (Scores, ProblemReport) {
        let (model, recipe) = (subject.id().into(), subject.recipe().name().into());
        let highest = self.highest.into_iter().map(|(_, high)| high).collect();
        (Scores { model, recipe, highest, ..self.scores.finish() }, self.companions.problems)
    }
}

/// Who talks to whom on which port.
fn pair(record: &ConnRecord<'_>) -> u64 {
    // Its keys are fixed, so that the same rows give the same report.
    let mut hasher = DefaultHasher::new();
    (record.orig_h, record.resp_h, record.resp_p, record.proto).hash(&mut hasher);
    hasher.finish()
}

impl Behaviour<'_> {
    /// Takes rows through the state; their features and scores stay until the next ones come.
    fn score(&mut self, flows: &FlowChunk) -> Vec<f32> {
        self.scored.clear();
        self.session.track(&flows.flows, &mut self.tracked);
        let scorer = self.session.scorer();
        scorer.score_rows(&flows.flows, &self.tracked, &mut self.workspace, &mut self.scored);
        self.scored.iter().map(|scored| scored.score).collect()
    }
}
