//! A serialiser that writes other texts than it is given: what is done with a text depends on the type and the field it is in.

use std::borrow::Cow;

use serde::{
    Serialize, Serializer,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
        SerializeTupleVariant,
    },
};

/// Where a text is: the type around it, and the field or variant that has it. Within lists and maps it is the list's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) owner: &'static str,
    pub(super) field: &'static str,
}

/// What is written in place of texts.
pub(super) trait Texts {
    fn text<'t>(&self, place: Place, text: &'t str) -> Cow<'t, str>;
}

/// A value whose texts are replaced when it is serialised.
pub(super) struct Filtered<'a, T: ?Sized, F> {
    pub(super) value: &'a T,
    pub(super) texts: &'a F,
    place: Place,
}

impl<'a, T: ?Sized, F> Filtered<'a, T, F> {
    pub(super) fn new(value: &'a T, texts: &'a F) -> Self {
        Self { value, texts, place: Place::default() }
    }
}

impl<T: Serialize + ?Sized, F: Texts> Serialize for Filtered<'_, T, F> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Filter { inner: to, texts: self.texts, place: self.place })
    }
}

struct Filter<'a, S, F> {
    inner: S,
    texts: &'a F,
    place: Place,
}

/// A list, map or struct that is being written.
struct Compound<'a, C, F> {
    inner: C,
    texts: &'a F,
    place: Place,
}

impl<'a, S, F> Filter<'a, S, F> {
    fn within<'v, T: ?Sized>(&self, value: &'v T, place: Place) -> Filtered<'v, T, F>
    where
        'a: 'v,
    {
        Filtered { value, texts: self.texts, place }
    }

    /// The place of a type's contents. A `Result` is none: what is in it belongs to the field that has it.
    fn of(&self, owner: &'static str, field: &'static str) -> Place {
        if owner == "Result" { self.place } else { Place { owner, field } }
    }
}

macro_rules! as_it_is {
    ($($name:ident: $type:ty),*) => {
        $(fn $name(self, value: $type) -> Result<S::Ok, S::Error> {
            self.inner.$name(value)
        })*
    };
}

impl<'a, S: Serializer, F: Texts> Serializer for Filter<'a, S, F> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Compound<'a, S::SerializeSeq, F>;
    type SerializeTuple = Compound<'a, S::SerializeTuple, F>;
    type SerializeTupleStruct = Compound<'a, S::SerializeTupleStruct, F>;
    type SerializeTupleVariant = Compound<'a, S::SerializeTupleVariant, F>;
    type SerializeMap = Compound<'a, S::SerializeMap, F>;
    type SerializeStruct = Compound<'a, S::SerializeStruct, F>;
    type SerializeStructVariant = Compound<'a, S::SerializeStructVariant, F>;

    as_it_is!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_f32: f32, serialize_f64: f64, serialize_char: char, serialize_bytes: &[u8],
        serialize_unit_struct: &'static str);

    fn serialize_str(self, text: &str) -> Result<S::Ok, S::Error> {
        self.inner.serialize_str(&self.texts.text(self.place, text))
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let value = self.within(value, self.place);
        self.inner.serialize_some(&value)
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    fn serialize_unit_variant(self, name: &'static str, n: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, n, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        let value = self.within(value, self.of(name, ""));
        self.inner.serialize_newtype_struct(name, &value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        n: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = self.within(value, self.of(name, variant));
        self.inner.serialize_newtype_variant(name, n, variant, &value)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        Ok(Compound { inner: self.inner.serialize_seq(len)?, texts: self.texts, place: self.place })
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        Ok(Compound { inner: self.inner.serialize_tuple(len)?, texts: self.texts, place: self.place })
    }

    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        let place = self.of(name, "");
        Ok(Compound { inner: self.inner.serialize_tuple_struct(name, len)?, texts: self.texts, place })
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        n: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let place = self.of(name, variant);
        let inner = self.inner.serialize_tuple_variant(name, n, variant, len)?;
        Ok(Compound { inner, texts: self.texts, place })
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        Ok(Compound { inner: self.inner.serialize_map(len)?, texts: self.texts, place: self.place })
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        let place = self.of(name, "");
        Ok(Compound { inner: self.inner.serialize_struct(name, len)?, texts: self.texts, place })
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        n: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let place = self.of(name, variant);
        let inner = self.inner.serialize_struct_variant(name, n, variant, len)?;
        Ok(Compound { inner, texts: self.texts, place })
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! elements {
    ($trait:ident, $method:ident) => {
        impl<C: $trait, F: Texts> $trait for Compound<'_, C, F> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                self.inner.$method(&Filtered { value, texts: self.texts, place: self.place })
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    };
}

elements!(SerializeSeq, serialize_element);
elements!(SerializeTuple, serialize_element);
elements!(SerializeTupleStruct, serialize_field);
elements!(SerializeTupleVariant, serialize_field);

macro_rules! fields {
    ($trait:ident) => {
        impl<C: $trait, F: Texts> $trait for Compound<'_, C, F> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                field: &'static str,
                value: &T,
            ) -> Result<(), C::Error> {
                let place = Place { field, ..self.place };
                self.inner.serialize_field(field, &Filtered { value, texts: self.texts, place })
            }

            fn skip_field(&mut self, field: &'static str) -> Result<(), C::Error> {
                self.inner.skip_field(field)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        }
    };
}

fields!(SerializeStruct);
fields!(SerializeStructVariant);

impl<C: SerializeMap, F: Texts> SerializeMap for Compound<'_, C, F> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.inner.serialize_key(&Filtered { value: key, texts: self.texts, place: self.place })
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        self.inner.serialize_value(&Filtered { value, texts: self.texts, place: self.place })
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ClientToken, Failure, image::Tag};

    /// Writes places instead of texts.
    struct Places;

    impl Texts for Places {
        fn text<'t>(&self, place: Place, _: &'t str) -> Cow<'t, str> {
            Cow::Owned(format!("{}.{}", place.owner, place.field))
        }
    }

    fn places(value: &impl Serialize) -> String {
        serde_json::to_string(&Filtered::new(value, &Places)).unwrap()
    }

    #[test]
    fn a_text_is_known_by_its_type_and_field() {
        assert_eq!(places(&vec![Some(ClientToken::from_random(1))]), r#"["ClientToken."]"#);
        let tag = Tag { key: "k".into(), value: "v".into() };
        assert_eq!(places(&tag), r#"{"Key":"Tag.Key","Value":"Tag.Value"}"#);
        let failed: Result<(), Failure> = Err(Failure::new("a", "b"));
        assert!(places(&failed).starts_with(r#"{"Err":{"what":"Failure.what","why":"Failure.why""#));
    }
}
