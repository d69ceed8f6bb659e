use std::borrow::Cow;

/// A name or a key: static text costs nothing to keep, other text is copied once.
///
/// Made from `&'static str`, `String`, `&String` or `Cow<str>`; any other `&str` by [`Text::copied`].
///
/// ```
/// use xray_sdk::{Text, subsegment};
///
/// fn call(host: &str) {
///     subsegment(Text::copied(host)).remote().run(|_| { /* … */ });
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Text<'a>(pub(crate) Kind<'a>);

#[derive(Clone, Debug)]
pub(crate) enum Kind<'a> {
    Static(&'static str),
    Copied(Cow<'a, str>),
}

impl<'a> Text<'a> {
    /// Text that lives shorter than the program: its bytes are copied when it is recorded.
    pub fn copied(text: &'a str) -> Self {
        Self(Kind::Copied(Cow::Borrowed(text)))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Kind::Static(text) => text,
            Kind::Copied(text) => text,
        }
    }

    #[inline]
    pub(crate) fn is_static(&self) -> bool {
        self.as_static().is_some()
    }

    #[inline(always)]
    pub(crate) fn as_static(&self) -> Option<&'static str> {
        match self.0 {
            Kind::Static(text) => Some(text),
            Kind::Copied(_) => None,
        }
    }

    #[inline]
    pub(crate) fn into_owned(self) -> Text<'static> {
        Text(match self.0 {
            Kind::Static(text) => Kind::Static(text),
            Kind::Copied(text) => Kind::Copied(Cow::Owned(text.into_owned())),
        })
    }
}

impl From<&'static str> for Text<'_> {
    #[inline]
    fn from(text: &'static str) -> Self {
        Self(Kind::Static(text))
    }
}

impl From<String> for Text<'_> {
    #[inline]
    fn from(text: String) -> Self {
        Self(Kind::Copied(Cow::Owned(text)))
    }
}

impl<'a> From<&'a String> for Text<'a> {
    #[inline]
    fn from(text: &'a String) -> Self {
        Self::copied(text)
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    #[inline]
    fn from(text: Cow<'a, str>) -> Self {
        Self(Kind::Copied(text))
    }
}
