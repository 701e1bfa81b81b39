use super::*;
use crate::domain::{
    copy::{ClientToken, ImageName},
    placement::ZoneName,
};

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

fn minutes(n: u16) -> CompletionDuration {
    CompletionDuration::from_minutes(n).unwrap()
}

fn copy(from: &str, to: &str, volumes: &[u32]) -> CopyRequest {
    CopyRequest {
        source_name: "web".into(),
        copy_tags: true,
        volumes: volumes.to_vec(),
        ..CopyRequest::bare(
            (ImageId::new("ami-1").unwrap(), region(from)),
            region(to),
            ImageName::new("web").unwrap(),
            ClientToken::from_random(1),
        )
    }
}

fn prices() -> Prices {
    let price = |text| Money::parse(text).unwrap();
    let mut prices = Prices::default();
    prices.set_transfer(region("us-east-1"), region("eu-west-1"), price("0.02"));
    prices.set_transfer(region("us-east-1"), region("us-east-2"), price("0.01"));
    prices.set_transfer(region("us-east-1"), region("sa-east-1"), price("0.02"));
    for (name, usd) in [("us-east-1", "0.05"), ("eu-west-1", "0.05"), ("us-east-2", "0.05"), ("us-west-1", "0.055")] {
        prices.set_storage(region(name), price(usd));
    }
    for (from, usd) in [(15, "0.020"), (30, "0.018"), (60, "0.016"), (960, "0.005")] {
        prices.set_time_based(minutes(from), price(usd));
    }
    prices
}

#[test]
fn money_is_exact_and_shown_in_cents_rounded_up() {
    let cases = [("0", 0, "$0.00"), ("0.0125", 12_500, "$0.02"), ("1204.5", 1_204_500_000, "$1,204.50")];
    for (text, micros, shown) in cases {
        let money = Money::parse(text).unwrap();
        assert_eq!((money.micros(), money.to_string().as_str()), (micros, shown));
    }
    // A float would drift: 0.1 + 0.2.
    assert_eq!(Money::parse("0.1").unwrap() + Money::parse("0.2").unwrap(), Money::parse("0.3").unwrap());
    assert_eq!(Money::parse("999999999").unwrap().times(u64::MAX).micros(), u64::MAX);
    for bad in ["", ".5", "1.", "-1", "1e3", "NaN", "0.1234567", "1000000000", "0.1.2", "٣"] {
        assert!(Money::parse(bad).is_err(), "{bad}");
    }
}

/// Each row: copies, then transfer, storage a month and time-based fee in dollars, worked out by hand.
#[test]
fn costs_are_what_one_works_out_by_hand() {
    let timed = |n, mut copy: CopyRequest| {
        copy.completion = Some(minutes(n));
        copy
    };
    let cases: [(&str, Vec<CopyRequest>, [&str; 3]); 7] = [
        // 108 GiB x 0.02; 108 x 0.05.
        ("one copy", vec![copy("us-east-1", "eu-west-1", &[8, 100])], ["2.16", "5.4", "0"]),
        // 500 x 0.01; 500 x 0.05.
        ("a cheap pair", vec![copy("us-east-1", "us-east-2", &[500])], ["5", "25", "0"]),
        // Nothing within a region; 500 x 0.05.
        ("the same region", vec![copy("us-east-1", "us-east-1", &[500])], ["0", "25", "0"]),
        // (8 + 30) x 0.02; 38 x 0.05.
        (
            "two copies",
            vec![copy("us-east-1", "eu-west-1", &[8]), copy("us-east-1", "eu-west-1", &[30])],
            ["0.76", "1.9", "0"],
        ),
        // 1,000 x 0.02; 1,000 x 0.05; 1,000 x 0.020.
        ("15 minutes", vec![timed(15, copy("us-east-1", "eu-west-1", &[1_000]))], ["20", "50", "20"]),
        // 45 minutes cost what 30 do: 1,000 x 0.018.
        ("45 minutes", vec![timed(45, copy("us-east-1", "eu-west-1", &[1_000]))], ["20", "50", "18"]),
        // 48 hours cost what 16 do: 1,000 x 0.005.
        ("48 hours", vec![timed(2_880, copy("us-east-1", "eu-west-1", &[1_000]))], ["20", "50", "5"]),
    ];
    for (name, copies, amounts) in cases {
        let got = estimate(&copies, &prices());
        let [transfer, storage, fee] = amounts.map(|a| Money::parse(a).unwrap());
        assert_eq!((got.transfer, got.storage_month, got.time_based), (transfer, storage, fee), "{name}");
        assert_eq!(got.once(), transfer + fee, "{name}");
        assert!(got.unknown.is_empty(), "{name}");
    }
}

#[test]
fn what_has_no_price_is_named_once_and_left_out() {
    let mut zone = copy("us-east-1", "us-east-1", &[8]);
    zone.placement = Placement::Zone(ZoneName::new("us-east-1-bos-1a").unwrap());
    let mut stored = copy("us-east-1", "eu-west-1", &[]);
    stored.source = ImageId::new("ami-2").unwrap();
    let copies = [
        copy("us-east-1", "sa-east-1", &[8]),
        copy("us-east-1", "sa-east-1", &[8]),
        copy("us-west-1", "eu-west-1", &[8]),
        copy("us-east-1", "eu-west-1", &[8, 0]),
        stored,
        zone,
    ];
    let got = estimate(&copies, &prices());
    let named: Vec<String> = got.unknown.iter().map(ToString::to_string).collect();
    assert_eq!(
        named,
        [
            "transfer from us-west-1 to eu-west-1",
            "storage in sa-east-1",
            "storage on an Outpost or in a Local Zone of us-east-1",
            "ami-1, whose size is not known",
            "ami-2, whose size is not known",
        ]
    );
    // 3 x 8 GiB x 0.02; 2 x 8 x 0.05.
    assert_eq!((got.transfer.to_string(), got.storage_month.to_string()), ("$0.48".into(), "$0.80".into()));
}
