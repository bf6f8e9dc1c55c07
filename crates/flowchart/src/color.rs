//! The colours. Every text stands on a filled shape, and lines are of a middle tone, so that a drawing is
//! readable on white and on black.

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Color(pub(crate) u8, pub(crate) u8, pub(crate) u8);

pub(crate) const ARROW: Color = Color(0x74, 0x80, 0x96);
pub(crate) const TEXT: Color = Color(0x1b, 0x24, 0x36);
pub(crate) const MUTED: Color = Color(0x51, 0x5c, 0x70);
pub(crate) const WHITE: Color = Color(0xff, 0xff, 0xff);
/// What a condition stands on, and the condition.
pub(crate) const CONDITION: Color = Color(0xff, 0xe3, 0xa6);
pub(crate) const CONDITION_TEXT: Color = Color(0x5c, 0x3b, 0x00);

/// The filling and the outline of a kind of card.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scheme {
    pub(crate) fill: Color,
    pub(crate) line: Color,
    /// The filling of what stands inside.
    pub(crate) inner: Color,
}

pub(crate) const EXECUTOR: Scheme = Scheme {
    fill: Color(0xe9, 0xf1, 0xff),
    line: Color(0x4a, 0x78, 0xd6),
    inner: Color(0xff, 0xff, 0xff),
};
pub(crate) const EXTERNAL: Scheme = Scheme {
    fill: Color(0xff, 0xf0, 0xe4),
    line: Color(0xd2, 0x6f, 0x2a),
    inner: Color(0xff, 0xff, 0xff),
};
pub(crate) const JOINER: Scheme = Scheme {
    fill: Color(0xdf, 0xf5, 0xe9),
    line: Color(0x2f, 0x95, 0x66),
    inner: Color(0xff, 0xff, 0xff),
};
pub(crate) const INSPECTOR: Scheme = Scheme {
    fill: Color(0xf3, 0xec, 0xff),
    line: Color(0x8a, 0x63, 0xcc),
    inner: Color(0xff, 0xff, 0xff),
};
pub(crate) const GATEWAY: Scheme = Scheme {
    fill: Color(0x2d, 0x3c, 0x5a),
    line: Color(0x8c, 0xa0, 0xc6),
    inner: Color(0x2d, 0x3c, 0x5a),
};
