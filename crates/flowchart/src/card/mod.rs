//! What stands on the card of a node, how large that makes it, and how it is drawn.

mod stages;

use self::stages::Stages;
use crate::chart::{Kind, Node};
use crate::color::{self, Color, Scheme};
use crate::font::{Weight, width, wrapped};
use crate::look::{Direction, Role};
use crate::shape::{Area, Outline, Shape, Text, point};

/// How wide text may be before it is broken.
const MOST_WIDTH: f32 = 230.0;
const LEAST_WIDTH: f32 = 84.0;
const PADDING: f32 = 14.0;
/// What is free above the first line and below the last.
const ENDS: f32 = 10.0;
/// How far the cards of further replicas show.
const STACK: f32 = 5.0;
const TITLE: f32 = 14.0;
const SMALL: f32 = 11.5;
/// Addresses that are drawn; the others are counted.
const ADDRESSES: usize = 3;

/// One line on a card.
#[derive(Debug, Clone)]
struct Row {
    content: String,
    size: f32,
    weight: Weight,
    color: Color,
}

impl Row {
    fn height(&self) -> f32 {
        (self.size * 1.4).round()
    }

    fn width(&self) -> f32 {
        width(&self.content, self.size, self.weight)
    }
}

/// The outline of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Rounded,
    Pill,
    /// Somebody else's: the corners are cut.
    Cut,
}

/// A node's card.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    pub(crate) width: f32,
    pub(crate) height: f32,
    class: &'static str,
    title: String,
    form: Form,
    scheme: Scheme,
    dashed: bool,
    /// How many cards show behind it.
    behind: usize,
    condition: Vec<Row>,
    rows: Vec<Row>,
    stages: Option<Stages>,
}

impl Card {
    pub(crate) fn new(kind: &Kind, direction: Direction) -> Self {
        let mut card = match kind {
            Kind::Entry => Self::gateway("requests"),
            Kind::Exit => Self::gateway("answers"),
            Kind::Node(node) => Self::node(node, direction),
        };
        card.measure();
        card
    }

    fn empty(class: &'static str, scheme: Scheme, form: Form) -> Self {
        Self {
            width: 0.0,
            height: 0.0,
            class,
            title: String::new(),
            form,
            scheme,
            dashed: false,
            behind: 0,
            condition: Vec::new(),
            rows: Vec::new(),
            stages: None,
        }
    }

    fn gateway(what: &str) -> Self {
        let mut card = Self::empty("gateway", color::GATEWAY, Form::Pill);
        card.title = format!("gateway: {what}");
        card.put("gateway", TITLE, Weight::Bold, color::WHITE, 1);
        card.put(what, SMALL, Weight::Regular, Color(0xc9, 0xd5, 0xec), 1);
        card
    }

    fn node(node: &Node, direction: Direction) -> Self {
        let look = &node.look;
        let external = !look.addresses.is_empty();
        let (class, scheme, form) = match look.role {
            _ if external => ("external", color::EXTERNAL, Form::Cut),
            Role::Inspector => ("inspector", color::INSPECTOR, Form::Rounded),
            Role::Joiner if look.uses.is_none() => ("joiner", color::JOINER, Form::Pill),
            _ => ("executor", color::EXECUTOR, Form::Rounded),
        };
        let mut card = Self::empty(class, scheme, form);
        card.dashed = node.floating;
        if !external && look.shards < 2 {
            card.behind = look.replicas.saturating_sub(1).min(2);
        }
        if let Some(when) = &node.when {
            let said = format!("when {when}");
            card.condition = wrapped(&said, SMALL, Weight::Regular, MOST_WIDTH - 16.0, 3)
                .into_iter()
                .map(|content| Row {
                    content,
                    size: SMALL,
                    weight: Weight::Regular,
                    color: color::CONDITION_TEXT,
                })
                .collect();
        }
        card.put(&look.name, TITLE, Weight::Bold, color::TEXT, 2);
        if let Some(uses) = &look.uses {
            card.small(uses, 1);
        }
        for fact in facts(node) {
            card.small(&fact, 2);
        }
        for address in look.addresses.iter().take(ADDRESSES) {
            card.small(address, 1);
        }
        if look.addresses.len() > ADDRESSES {
            card.small(&format!("and {} more", look.addresses.len() - ADDRESSES), 1);
        }
        if look.shards > 1 {
            card.stages = Some(Stages::new(look, direction));
        }
        card.title = title(node);
        card
    }

    fn put(&mut self, text: &str, size: f32, weight: Weight, color: Color, lines: usize) {
        let broken = wrapped(text, size, weight, MOST_WIDTH, lines);
        self.rows.extend(broken.into_iter().map(|content| Row {
            content,
            size,
            weight,
            color,
        }));
    }

    fn small(&mut self, text: &str, lines: usize) {
        self.put(text, SMALL, Weight::Regular, color::MUTED, lines);
    }

    fn condition_height(&self) -> f32 {
        if self.condition.is_empty() {
            return 0.0;
        }
        self.condition.iter().map(Row::height).sum::<f32>() + 8.0
    }

    fn measure(&mut self) {
        let rows = self.rows.iter().map(Row::width).fold(0.0, f32::max);
        let condition = self.condition.iter().map(Row::width).fold(-16.0, f32::max) + 16.0;
        let inside = self.stages.as_ref().map_or((0.0, 0.0), Stages::size);
        let mut wide = rows.max(condition).max(inside.0) + 2.0 * PADDING;
        let mut high = self.rows.iter().map(Row::height).sum::<f32>() + 2.0 * ENDS;
        if !self.condition.is_empty() {
            high += self.condition_height();
        }
        if self.stages.is_some() {
            high += inside.1 + 8.0;
        }
        if self.form == Form::Pill {
            // Its round ends hold no text.
            wide += high * 0.3;
        }
        let stack = self.behind as f32 * STACK;
        // Even, so that the middle falls on a whole pixel.
        let even = |length: f32| (length / 2.0).ceil() * 2.0;
        self.width = even(wide.max(LEAST_WIDTH) + stack);
        self.height = even(high + stack);
    }

    /// Draws the card into its area.
    pub(crate) fn draw(self, area: &Area) -> Shape {
        let stack = self.behind as f32 * STACK;
        let mut shapes = Vec::new();
        let front = Area {
            width: area.width - stack,
            height: area.height - stack,
            ..*area
        };
        for index in (0..=self.behind).rev() {
            let moved = index as f32 * STACK;
            let sheet = Area {
                x: front.x + moved,
                y: front.y + moved,
                ..front
            };
            let steps = match self.form {
                Form::Rounded => sheet.rounded(8.0),
                Form::Pill => sheet.rounded(sheet.height / 2.0),
                Form::Cut => sheet.cut(11.0),
            };
            shapes.push(Shape::Outline(Outline {
                steps,
                fill: Some(self.scheme.fill),
                line: Some(self.scheme.line),
                width: 1.5,
                dashed: self.dashed,
            }));
        }
        let middle = front.center().x;
        let mut y = front.y + ENDS;
        if !self.condition.is_empty() {
            let band = Area {
                x: front.x + 8.0,
                y: front.y + 8.0,
                width: front.width - 16.0,
                height: self.condition_height() - 2.0,
            };
            let steps = band.rounded(5.0);
            shapes.push(crate::shape::filled(steps, color::CONDITION));
            let mut at = band.y + 3.0;
            write(&mut shapes, self.condition, middle, &mut at);
            y = front.y + ENDS + band.height + 2.0;
        }
        write(&mut shapes, self.rows, middle, &mut y);
        if let Some(stages) = self.stages {
            stages.draw(&mut shapes, (middle, y + 6.0), self.scheme);
        }
        Shape::Group {
            class: self.class,
            title: self.title,
            shapes,
        }
    }
}

/// Writes lines below one another, from `y` on.
fn write(shapes: &mut Vec<Shape>, rows: Vec<Row>, middle: f32, y: &mut f32) {
    for row in rows {
        let height = row.height();
        shapes.push(Shape::Text(Text {
            // Letters stand a little above the middle, for what hangs below the line.
            at: point(middle, *y + (height + row.size * 0.72) / 2.0),
            content: row.content,
            size: row.size,
            weight: row.weight,
            color: row.color,
        }));
        *y += height;
    }
}

/// What is said of a node below its name.
fn facts(node: &Node) -> Vec<String> {
    let look = &node.look;
    let mut counts = Vec::new();
    if look.shards > 1 {
        counts.push(format!("{} shards", look.shards));
    }
    if look.replicas > 1 {
        let each = if look.shards > 1 { " each" } else { "" };
        counts.push(format!("{} replicas{each}", look.replicas));
    }
    if look.inline {
        counts.push("inline".to_owned());
    }
    if !look.addresses.is_empty() {
        counts.push("external".to_owned());
    }
    if look.role == Role::Inspector {
        counts.push("inspects".to_owned());
    }
    if node.floating {
        counts.push("floating".to_owned());
    }
    let mut facts = Vec::new();
    if !counts.is_empty() {
        facts.push(counts.join(" \u{b7} "));
    }
    if look.shards > 1 && !look.polling.is_empty() {
        facts.push(format!("polling {}", look.polling));
    }
    if node.needs > 1 {
        let how = if node.reduce {
            "by id"
        } else {
            "without reduce"
        };
        facts.push(format!("joins {} {how}", node.needs));
    } else if look.shards > 1 && !node.reduce {
        facts.push("without reduce".to_owned());
    }
    facts
}

/// All that is known of a node, for who points at it.
fn title(node: &Node) -> String {
    let look = &node.look;
    let mut lines = vec![look.name.clone()];
    lines.extend(look.uses.clone());
    lines.extend(facts(node));
    lines.extend(
        look.before
            .as_ref()
            .map(|name| format!("before the shards: {name}")),
    );
    lines.extend(
        look.after
            .as_ref()
            .map(|name| format!("after the shards: {name}")),
    );
    lines.extend(look.addresses.iter().cloned());
    lines.extend(node.when.as_ref().map(|when| format!("when {when}")));
    lines.join("\n")
}
