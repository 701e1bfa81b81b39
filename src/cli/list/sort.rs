//! The order of a listing.

use std::cmp::Ordering;

use super::{columns::column, listed::Listed};
use crate::{
    cli::{
        output::{Column, Record as _},
        records::ImageRecord,
        regions::nearest,
    },
    domain::{Failure, text::clean},
};

/// A column to sort by.
#[derive(Debug, Clone, Copy)]
pub(super) struct SortKey {
    column: &'static Column<ImageRecord>,
    descending: bool,
}

impl SortKey {
    /// Parses `COLUMN`, `COLUMN:asc` or `COLUMN:desc`.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let (name, direction) = text.split_once(':').unwrap_or((text, "asc"));
        let what = format!("sort by `{}`", clean(text));
        let descending = match direction {
            "asc" => false,
            "desc" => true,
            _ => {
                return Err(Failure::new(what, "a direction is `asc` or `desc`")
                    .hint("Write for example `creation_date:desc`."));
            }
        };
        let Some(column) = column(name) else {
            let names = || ImageRecord::columns().iter().map(|column| column.name);
            let near = nearest(name, names()).map_or_else(String::new, |near| format!(" Did you mean `{near}`?"));
            let hint = format!("The columns are {}.{near}", names().collect::<Vec<_>>().join(", "));
            return Err(Failure::new(what, "there is no such column").hint(hint));
        };
        Ok(Self { column, descending })
    }

    /// Sorts images; those with equal values stay as they are.
    pub(super) fn sort(&self, images: &mut Vec<Listed>) {
        let value = |listed: &Listed| (self.column.value)(&listed.record());
        let mut keyed: Vec<(String, Listed)> = images.drain(..).map(|image| (value(&image), image)).collect();
        keyed.sort_by(|(a, _), (b, _)| {
            let order = self.compare(a, b);
            if self.descending { order.reverse() } else { order }
        });
        images.extend(keyed.into_iter().map(|(_, image)| image));
    }

    fn compare(&self, a: &str, b: &str) -> Ordering {
        let number = |text: &str| text.parse::<u64>().ok();
        if self.column.right { number(a).cmp(&number(b)) } else { a.cmp(b) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        AccountId, Image, ImageId, Region,
        image::{BlockDevice, Ebs},
    };

    fn image(name: &str, size: u32) -> Listed {
        let owner = AccountId::new("123456789012").unwrap();
        let mut image = Image::bare(ImageId::new("ami-1").unwrap(), Region::new("eu-west-1").unwrap(), owner);
        image.name = name.into();
        let ebs = Some(Ebs { volume_size: Some(size), ..Ebs::default() });
        image.block_devices = vec![BlockDevice { device_name: "/dev/xvda".into(), ebs, virtual_name: None }];
        Listed { image, account: None }
    }

    #[test]
    fn numbers_are_sorted_as_numbers() {
        let mut images = vec![image("b", 100), image("a", 8), image("c", 8)];
        let mut names = |key: &str| {
            SortKey::parse(key).unwrap().sort(&mut images);
            images.iter().map(|listed| listed.image.name.to_string()).collect::<String>()
        };
        assert_eq!(names("name"), "abc");
        assert_eq!(names("size_gib"), "acb");
        assert_eq!(names("size_gib:desc"), "bac");
    }

    #[test]
    fn an_unknown_column_is_told_with_the_nearest() {
        assert!(SortKey::parse("nmae").unwrap_err().hint.ends_with("Did you mean `name`?"));
        assert!(SortKey::parse("name:down").unwrap_err().why.contains("`desc`"));
    }
}
