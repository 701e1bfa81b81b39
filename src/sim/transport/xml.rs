//! XML writer.

use std::fmt::Write as _;

#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// Writes a document; the closure fills its root element.
    pub(crate) fn document(root: &str, namespace: Option<&str>, fill: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned());
        match namespace {
            // Writing to a string cannot fail.
            Some(namespace) => _ = write!(xml.0, "<{root} xmlns=\"{namespace}\">"),
            None => _ = write!(xml.0, "<{root}>"),
        }
        fill(&mut xml);
        _ = write!(xml.0, "</{root}>");
        xml.0
    }

    /// Writes an element; the closure fills it.
    pub(crate) fn element(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        _ = write!(self.0, "<{name}>");
        fill(self);
        _ = write!(self.0, "</{name}>");
    }

    /// Writes an element with text.
    pub(crate) fn leaf(&mut self, name: &str, text: &str) {
        _ = write!(self.0, "<{name}>");
        self.text(text);
        _ = write!(self.0, "</{name}>");
    }

    pub(crate) fn flag(&mut self, name: &str, on: bool) {
        self.leaf(name, if on { "true" } else { "false" });
    }

    /// Writes an element with text, if there is any.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    /// Writes a list as EC2 does: `<name><item>..</item></name>`.
    pub(crate) fn items<T>(
        &mut self,
        name: &str,
        all: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        self.element(name, |xml| {
            for one in all {
                xml.element("item", |xml| each(xml, one));
            }
        });
    }

    /// Escapes text. Controls become numeric references: XML 1.0 forbids them, but the SDK's parser accepts them, so that a
    /// scenario can send what a careless service might.
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                c if c.is_control() => _ = write!(self.0, "&#x{:x};", u32::from(c)),
                c => self.0.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_controls_are_references() {
        let xml = Xml::document("r", Some("urn:x"), |x| {
            x.leaf("a", "<&>\"\u{1b}[31m\n");
            x.items("s", [1, 2], |x, n| x.flag("odd", n % 2 == 1));
            x.optional("none", None);
        });
        assert!(xml.ends_with(
            "<r xmlns=\"urn:x\"><a>&lt;&amp;&gt;&quot;&#x1b;[31m&#xa;</a><s><item><odd>true</odd></item><item><odd>false</odd></item></s></r>"
        ));
    }
}
