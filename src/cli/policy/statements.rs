//! The table of permissions: which work needs which actions, on what, under which condition. README's policy is made from it, and
//! a test holds it equal to what `aws` calls.

use super::{
    document::Statement,
    scope::{
        PolicyScope,
        Work::{self, Cancel, Copy, Deregister, GiveAccess, List, Orphans, Retire, Share, Storage, Usage},
    },
};
use crate::domain::{image_access::GRANTED_OPERATIONS, orphans::KEPT_TAG};

/// Actions that read, which EC2 and KMS mostly allow on all resources or none; and the work that needs them.
const READS: &[(&str, &[Work])] = &[
    ("ec2:DescribeRegions", &[List, Copy, Cancel, Share, GiveAccess, Deregister, Retire, Usage, Orphans, Storage]),
    ("ec2:DescribeImages", &[List, Copy, Cancel, Share, GiveAccess, Deregister, Retire, Usage, Orphans, Storage]),
    ("ec2:DescribeSnapshots", &[List, Copy, Cancel, Share, GiveAccess, Deregister, Orphans, Storage]),
    ("ec2:DescribeImageAttribute", &[List, Share, GiveAccess, Deregister, Retire, Usage]),
    ("ec2:DescribeSnapshotAttribute", &[List, Share, GiveAccess, Deregister, Retire, Usage, Orphans]),
    ("ec2:DescribeImageReferences", &[Deregister, Retire, Usage]),
    ("ec2:DescribeImageUsageReports", &[Deregister, Usage]),
    ("ec2:DescribeImageUsageReportEntries", &[Deregister, Usage]),
    ("ec2:DescribeLockedSnapshots", &[Orphans]),
    ("ec2:DescribeFastSnapshotRestores", &[Orphans]),
    ("ec2:ListImagesInRecycleBin", &[Orphans]),
    ("ec2:ListSnapshotsInRecycleBin", &[Orphans]),
    ("ec2:GetImageBlockPublicAccessState", &[List, Copy, Share]),
    ("ec2:GetAllowedImagesSettings", &[Copy]),
    ("ec2:DescribeAvailabilityZones", &[Copy]),
    ("ec2:GetImageAncestry", &[List]),
    ("ec2:GetEbsDefaultKmsKeyId", &[Copy]),
    ("ec2:GetEbsEncryptionByDefault", &[Copy]),
    ("kms:ListAliases", &[Copy]),
    ("kms:ListKeys", &[Copy]),
    ("kms:DescribeKey", &[Copy, GiveAccess]),
    ("kms:ListGrants", &[GiveAccess]),
    ("kms:GetKeyPolicy", &[GiveAccess]),
];

/// What EC2 reads in the caller's name to answer `DescribeImageReferences`. Source: EC2 User Guide, "Identify your resources
/// referencing specified AMIs".
const REFERENCES: &[&str] = &[
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribeLaunchTemplateVersions",
    "ssm:DescribeParameters",
    "ssm:GetParameters",
    "imagebuilder:ListImageRecipes",
    "imagebuilder:ListContainerRecipes",
    "imagebuilder:GetContainerRecipe",
];

/// What EC2 does with keys in the caller's name.
const KEYS: &[&str] = &["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"];

/// Returns the statements for the work.
pub(super) fn statements(scope: &PolicyScope) -> Vec<Statement> {
    let reads: Vec<&str> = READS.iter().filter(|(_, work)| scope.allows(work)).map(|(action, _)| *action).collect();
    let partition = scope.partition;
    let images = || vec![format!("arn:{partition}:ec2:*::image/*"), format!("arn:{partition}:ec2:*::snapshot/*")];
    let mut all = vec![Statement::allow("Look", &reads, vec!["*".into()])];
    if scope.allows(&[Deregister, Retire, Usage]) {
        let reads = Statement::allow("SeeWhoUsesImages", REFERENCES, vec!["*".into()]);
        all.push(reads.only_if("ForAnyValue:StringEquals", "aws:CalledVia", &["ec2-images.amazonaws.com"]));
    }
    if scope.allows(&[Copy]) {
        all.push(Statement::allow("Copy", &["ec2:CopyImage"], images()));
        let tags = Statement::allow("TagTheCopies", &["ec2:CreateTags"], images());
        all.push(tags.only_if("StringEquals", "ec2:CreateAction", &["CopyImage"]));
        all.extend(encryption(scope));
        if scope.instance_store {
            all.extend(instance_store(partition));
        }
    }
    if scope.allows(&[Cancel, Deregister]) {
        all.push(Statement::allow("Remove", &["ec2:DeregisterImage", "ec2:DeleteSnapshot"], images()));
    }
    if scope.allows(&[Deregister]) {
        let snapshots = vec![format!("arn:{partition}:ec2:*::snapshot/*")];
        let tag = Statement::allow("TagWhatIsKept", &["ec2:CreateTags"], snapshots);
        all.push(tag.only_if("ForAllValues:StringEquals", "aws:TagKeys", &[KEPT_TAG]));
    }
    if scope.allows(&[Usage]) {
        let actions = ["ec2:CreateImageUsageReport"];
        let reports = format!("arn:{partition}:ec2:*:*:image-usage-report/*");
        all.push(Statement::allow("UsageReports", &actions, vec![format!("arn:{partition}:ec2:*::image/*"), reports]));
    }
    if scope.allows(&[Orphans]) {
        let delete = ["ec2:DeleteSnapshot", "ec2:RestoreSnapshotFromRecycleBin"];
        all.push(Statement::allow("Orphans", &delete, vec![format!("arn:{partition}:ec2:*::snapshot/*")]));
        let restore = Statement::allow("RestoreImages", &["ec2:RestoreImageFromRecycleBin"], images());
        all.push(restore);
    }
    if scope.allows(&[Retire]) {
        let actions = ["ec2:EnableImageDeprecation", "ec2:DisableImage"];
        all.push(Statement::allow("Retire", &actions, vec![format!("arn:{partition}:ec2:*::image/*")]));
    }
    if scope.allows(&[Share]) {
        let actions = [
            "ec2:ModifyImageAttribute",
            "ec2:ModifySnapshotAttribute",
            "ec2:EnableImageDeprecation",
            "ec2:EnableImageDeregistrationProtection",
        ];
        all.push(Statement::allow("AfterCopying", &actions, images()));
        let tag =
            Statement::allow("TagTheSource", &["ec2:CreateTags"], vec![format!("arn:{partition}:ec2:*::image/*")]);
        all.push(tag.only_if("ForAllValues:StringLike", "aws:TagKeys", &["copied-to:*"]));
    }
    if scope.allows(&[GiveAccess]) {
        all.extend(give_access(scope, images()));
    }
    all
}

/// Statements for those who share their own images.
fn give_access(scope: &PolicyScope, images: Vec<String>) -> [Statement; 2] {
    let actions = ["ec2:ModifyImageAttribute", "ec2:ModifySnapshotAttribute"];
    let keys = if scope.keys.is_empty() { all_keys(scope.partition) } else { scope.keys.clone() };
    let grants = Statement::allow("ShareKeys", &["kms:CreateGrant"], keys).only_if(
        "ForAllValues:StringEquals",
        "kms:GrantOperations",
        &GRANTED_OPERATIONS,
    );
    let grantees: Vec<&str> = scope.grantees.iter().map(String::as_str).collect();
    let grants =
        if grantees.is_empty() { grants } else { grants.only_if("StringEquals", "kms:GranteePrincipal", &grantees) };
    [Statement::allow("GiveAccess", &actions, images), grants]
}

fn all_keys(partition: &str) -> Vec<String> {
    vec![format!("arn:{partition}:kms:*:*:key/*")]
}

/// Statements for encrypted copies.
fn encryption(scope: &PolicyScope) -> [Statement; 2] {
    let partition = scope.partition;
    let keys = if scope.keys.is_empty() { all_keys(partition) } else { scope.keys.clone() };
    let services: &[&str] = match partition {
        // Which of the two names KMS uses in China is not documented.
        "aws-cn" => &["ec2.*.amazonaws.com", "ec2.*.amazonaws.com.cn"],
        _ => &["ec2.*.amazonaws.com"],
    };
    [
        Statement::allow("CopyEncrypted", KEYS, keys.clone()).only_if("StringLike", "kms:ViaService", services),
        Statement::allow("CopyEncryptedGrants", &["kms:CreateGrant"], keys).only_if(
            "Bool",
            "kms:GrantIsForAWSResource",
            &["true"],
        ),
    ]
}

/// Statements for copies of instance-store images. Source: EC2 User Guide, "Grant permissions to copy Amazon EC2 AMIs".
fn instance_store(partition: &str) -> [Statement; 3] {
    let target =
        ["s3:CreateBucket", "s3:PutBucketOwnershipControls", "s3:GetBucketAcl", "s3:PutObject", "s3:PutObjectAcl"];
    [
        Statement::allow("FindTheBucket", &["s3:ListAllMyBuckets"], vec!["*".into()]),
        Statement::allow(
            "ReadTheSource",
            &["s3:GetBucketAcl", "s3:GetObject"],
            vec![format!("arn:{partition}:s3:::*")],
        ),
        // EC2 names the bucket of a region amis-for-ACCOUNT-in-REGION-HASH.
        Statement::allow("WriteTheCopy", &target, vec![format!("arn:{partition}:s3:::amis-for-*")]),
    ]
}
