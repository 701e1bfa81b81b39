//! A copy as AWS CLI commands, quoted for a POSIX shell.

use serde_json::json;

use crate::domain::{
    copy::{CopyRequest, Encryption},
    ids::ImageId,
    image::Tag,
    placement::Placement,
    post_copy::{LaunchPermission, PostCopyStep},
};

impl CopyRequest {
    /// Returns the request as an AWS CLI command. With post-copy steps it keeps the new image's id in `IMAGE_ID`, waits for the image,
    /// and a line for each step follows. The lines are one `&&` list, so nothing follows what failed, with line breaks or blanks
    /// between them. Without the job's token and tags, because running the command is to make another copy; a token given by the user
    /// is part of it.
    pub fn aws_cli(&self) -> String {
        let copy = joined(&self.copy_image());
        if self.post_copy.is_empty() {
            return copy;
        }
        let mut lines = vec![format!("IMAGE_ID=$({copy} --query ImageId --output text)")];
        lines.extend(self.wait());
        lines.extend(self.post_copy.iter().map(|step| self.step(step)));
        lines.join(" &&\n")
    }

    /// Returns post-copy steps of the copy that is this image as AWS CLI commands, in the same form.
    pub fn steps_aws_cli(&self, image: &ImageId, steps: &[PostCopyStep]) -> String {
        let mut lines = vec![format!("IMAGE_ID={image}")];
        lines.extend(steps.iter().map(|step| self.step(step)));
        lines.join(" &&\n")
    }

    /// Returns the commands that wait for the image. The CLI's own `wait image-available` gives up after 10 minutes; here it comes last and
    /// tells a failed image from an available one.
    fn wait(&self) -> [String; 3] {
        let state = self.with_image("describe-images", "--image-ids", "--query 'Images[0].State' --output text");
        [
            self.with_image("wait image-exists", "--image-ids", ""),
            format!("while [ \"$({state})\" = pending ]; do sleep 15; done"),
            self.with_image("wait image-available", "--image-ids", ""),
        ]
    }

    fn copy_image(&self) -> Vec<String> {
        let mut words: Vec<String> = ["aws", "ec2", "copy-image"].map(Into::into).into();
        let mut option = |name: &str, value: &str| words.extend([name.to_owned(), value.to_owned()]);
        option("--region", self.destination.as_str());
        option("--source-region", self.source_region.as_str());
        option("--source-image-id", self.source.as_str());
        option("--name", self.name.as_str());
        if !self.description.as_str().is_empty() {
            option("--description", self.description.as_str());
        }
        match &self.placement {
            Placement::Region => {}
            Placement::Outpost(arn) => option("--destination-outpost-arn", arn.as_str()),
            Placement::Zone(name) => option("--destination-availability-zone", name.as_str()),
            Placement::ZoneId(id) => option("--destination-availability-zone-id", id.as_str()),
        }
        if let Some(duration) = self.completion {
            option("--snapshot-copy-completion-duration-minutes", &duration.minutes().to_string());
        }
        if let Some(token) = &self.given_token {
            option("--client-token", token.as_str());
        }
        let specifications: Vec<_> = [("image", &self.image_tags), ("snapshot", &self.snapshot_tags)]
            .into_iter()
            .filter(|(_, tags)| !tags.is_empty())
            .map(|(kind, tags)| json!({"ResourceType": kind, "Tags": tags.iter().map(tag).collect::<Vec<_>>()}))
            .collect();
        if !specifications.is_empty() {
            option("--tag-specifications", &serde_json::Value::from(specifications).to_string());
        }
        if let Encryption::Encrypt { key } = &self.encryption {
            words.push("--encrypted".into());
            words.extend(key.iter().flat_map(|key| ["--kms-key-id".to_owned(), key.to_string()]));
        }
        words.extend(self.copy_tags.then(|| "--copy-image-tags".to_owned()));
        words
    }

    fn step(&self, step: &PostCopyStep) -> String {
        let region = &self.destination;
        let on_image = |action: &str, options: &str| self.with_image(action, "--image-id", options);
        match step {
            PostCopyStep::CopyLaunchPermissions => {
                let words = [
                    "aws",
                    "ec2",
                    "describe-image-attribute",
                    "--region",
                    self.source_region.as_str(),
                    "--image-id",
                    self.source.as_str(),
                    "--attribute",
                    "launchPermission",
                    "--query",
                    "LaunchPermissions[?!Group]",
                    "--output",
                    "json",
                ];
                let permissions = shlex::try_join(words).unwrap_or_default();
                let add = on_image("modify-image-attribute", r#"--launch-permission "{\"Add\":$PERMISSIONS}""#);
                // EC2 refuses to add none.
                format!("PERMISSIONS=$({permissions}) && case $PERMISSIONS in *'{{'*) {add} ;; esac")
            }
            PostCopyStep::LaunchPermissions(permissions) => {
                let add = json!({"Add": permissions.iter().map(permission).collect::<Vec<_>>()});
                on_image("modify-image-attribute", &joined(&["--launch-permission".into(), add.to_string()]))
            }
            PostCopyStep::SnapshotPermissions(accounts) => {
                let ids = "--query 'Images[].BlockDeviceMappings[].Ebs.SnapshotId' --output text";
                let snapshots = self.with_image("describe-images", "--image-ids", ids);
                let accounts: Vec<&str> = accounts.iter().map(crate::domain::AccountId::as_str).collect();
                // The subshell ends with the first failure's status; `echo`, because zsh does not split variables.
                format!(
                    "SNAPSHOT_IDS=$({snapshots}) && [ -n \"$SNAPSHOT_IDS\" ] && (for SNAPSHOT_ID in $(echo $SNAPSHOT_IDS); do aws ec2 \
                     modify-snapshot-attribute --region {region} --snapshot-id \"$SNAPSHOT_ID\" --attribute createVolumePermission \
                     --operation-type add --user-ids {} || exit; done)",
                    accounts.join(" ")
                )
            }
            PostCopyStep::Deprecation(at) => on_image("enable-image-deprecation", &format!("--deprecate-at {at}")),
            PostCopyStep::DeregistrationProtection { cooldown } => {
                let option = if *cooldown { "--with-cooldown" } else { "" };
                on_image("enable-image-deregistration-protection", option)
            }
            PostCopyStep::SourceTag => format!(
                "aws ec2 create-tags --region {} --resources {} --tags \"Key={},Value=$IMAGE_ID\"",
                self.source_region,
                self.source,
                PostCopyStep::source_tag(region)
            ),
        }
    }

    /// Returns a command about the new image.
    fn with_image(&self, action: &str, parameter: &str, options: &str) -> String {
        let command = format!("aws ec2 {action} --region {} {parameter} \"$IMAGE_ID\" {options}", self.destination);
        command.trim_end().to_owned()
    }
}

fn tag(tag: &Tag) -> serde_json::Value {
    json!({"Key": *tag.key, "Value": *tag.value})
}

fn permission(permission: &LaunchPermission) -> serde_json::Value {
    match permission {
        LaunchPermission::Account(account) => json!({"UserId": account.as_str()}),
        LaunchPermission::Organization(arn) => json!({"OrganizationArn": arn.as_str()}),
        LaunchPermission::OrganizationalUnit(arn) => json!({"OrganizationalUnitArn": arn.as_str()}),
        LaunchPermission::Public => json!({"Group": "all"}),
    }
}

fn joined(words: &[String]) -> String {
    // Only NUL cannot be quoted, and no validated field contains one.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        AccountId, ClientToken, CompletionDuration, Description, ImageId, ImageName, KmsKeyRef, OutpostArn, Region,
        ZoneName,
    };

    fn request() -> CopyRequest {
        CopyRequest {
            source_name: "x".into(),
            description: Description::new("$HOME `id` \"q\" \\").unwrap(),
            encryption: Encryption::Encrypt { key: Some(KmsKeyRef::new("alias/web").unwrap()) },
            copy_tags: true,
            volumes: vec![8, 100],
            ..CopyRequest::bare(
                (ImageId::new("ami-1").unwrap(), Region::new("us-east-1").unwrap()),
                Region::new("eu-west-1").unwrap(),
                ImageName::new("it's (mine)").unwrap(),
                ClientToken::from_random(7),
            )
        }
    }

    /// Returns the value of an option, as a shell would pass it.
    fn option(command: &str, name: &str) -> Option<String> {
        let words = shlex::split(command).unwrap();
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).cloned()
    }

    #[test]
    fn the_command_is_quoted() {
        let request = request();
        let words = shlex::split(&request.aws_cli()).unwrap();
        assert_eq!(words[10], "it's (mine)");
        assert_eq!(words[12], "$HOME `id` \"q\" \\");
        assert!(words.ends_with(&["--kms-key-id".into(), "alias/web".into(), "--copy-image-tags".into()]));
        assert_eq!(request.size_gib(), 108);
        assert!(!request.aws_cli().contains("client-token"));
    }

    #[test]
    fn every_parameter_is_there() {
        let tag = |value: &str| Tag { key: "Team".into(), value: value.into() };
        let arn = "arn:aws:outposts:us-west-2:123456789012:outpost/op-0123456789abcdef0";
        let full = CopyRequest {
            image_tags: vec![tag("it's")],
            snapshot_tags: vec![tag("web")],
            completion: CompletionDuration::from_minutes(45).ok(),
            given_token: ClientToken::given("mine$").ok(),
            placement: Placement::Outpost(OutpostArn::new(arn).unwrap()),
            ..request()
        };
        let command = full.aws_cli();
        let tags = r#"[{"ResourceType":"image","Tags":[{"Key":"Team","Value":"it's"}]},{"ResourceType":"snapshot","Tags":[{"Key":"Team","Value":"web"}]}]"#;
        for (name, value) in [
            ("--tag-specifications", tags),
            ("--snapshot-copy-completion-duration-minutes", "45"),
            ("--client-token", "mine$"),
            ("--destination-outpost-arn", arn),
        ] {
            assert_eq!(option(&command, name).as_deref(), Some(value), "{name}");
        }
        let zone = |placement| CopyRequest { placement, ..request() }.aws_cli();
        let name = zone(Placement::Zone(ZoneName::new("us-west-2-lax-1a").unwrap()));
        assert_eq!(option(&name, "--destination-availability-zone").as_deref(), Some("us-west-2-lax-1a"));
        let id = zone(Placement::ZoneId(ZoneName::new("usw2-lax1-az1").unwrap()));
        assert_eq!(option(&id, "--destination-availability-zone-id").as_deref(), Some("usw2-lax1-az1"));
    }

    #[test]
    fn the_steps_follow_line_by_line() {
        let account = AccountId::new("210987654321").unwrap();
        let organization = "arn:aws:organizations::123456789012:organization/o-abc123";
        let permissions = vec![
            LaunchPermission::Account(account.clone()),
            LaunchPermission::parse(organization).unwrap(),
            LaunchPermission::Public,
        ];
        let post_copy = vec![
            PostCopyStep::CopyLaunchPermissions,
            PostCopyStep::LaunchPermissions(permissions),
            PostCopyStep::SnapshotPermissions(vec![account]),
            PostCopyStep::Deprecation("2027-01-31T12:00:00Z".parse().unwrap()),
            PostCopyStep::DeregistrationProtection { cooldown: true },
            PostCopyStep::SourceTag,
        ];
        let commands = CopyRequest { name: ImageName::new("web").unwrap(), post_copy, ..request() }.aws_cli();
        let lines: Vec<&str> = commands.split(" &&\n").collect();
        assert!(lines[0].starts_with("IMAGE_ID=$(aws ec2 copy-image --region eu-west-1 "), "{}", lines[0]);
        assert!(lines[0].ends_with(" --query ImageId --output text)"), "{}", lines[0]);
        let expected = [
            r#"aws ec2 wait image-exists --region eu-west-1 --image-ids "$IMAGE_ID""#,
            r#"while [ "$(aws ec2 describe-images --region eu-west-1 --image-ids "$IMAGE_ID" --query 'Images[0].State' --output text)" = pending ]; do sleep 15; done"#,
            r#"aws ec2 wait image-available --region eu-west-1 --image-ids "$IMAGE_ID""#,
            r#"PERMISSIONS=$(aws ec2 describe-image-attribute --region us-east-1 --image-id ami-1 --attribute launchPermission --query 'LaunchPermissions[?!Group]' --output json) && case $PERMISSIONS in *'{'*) aws ec2 modify-image-attribute --region eu-west-1 --image-id "$IMAGE_ID" --launch-permission "{\"Add\":$PERMISSIONS}" ;; esac"#,
            r#"aws ec2 modify-image-attribute --region eu-west-1 --image-id "$IMAGE_ID" --launch-permission '{"Add":[{"UserId":"210987654321"},{"OrganizationArn":"arn:aws:organizations::123456789012:organization/o-abc123"},{"Group":"all"}]}'"#,
            r#"SNAPSHOT_IDS=$(aws ec2 describe-images --region eu-west-1 --image-ids "$IMAGE_ID" --query 'Images[].BlockDeviceMappings[].Ebs.SnapshotId' --output text) && [ -n "$SNAPSHOT_IDS" ] && (for SNAPSHOT_ID in $(echo $SNAPSHOT_IDS); do aws ec2 modify-snapshot-attribute --region eu-west-1 --snapshot-id "$SNAPSHOT_ID" --attribute createVolumePermission --operation-type add --user-ids 210987654321 || exit; done)"#,
            r#"aws ec2 enable-image-deprecation --region eu-west-1 --image-id "$IMAGE_ID" --deprecate-at 2027-01-31T12:00:00Z"#,
            r#"aws ec2 enable-image-deregistration-protection --region eu-west-1 --image-id "$IMAGE_ID" --with-cooldown"#,
            r#"aws ec2 create-tags --region us-east-1 --resources ami-1 --tags "Key=copied-to:eu-west-1,Value=$IMAGE_ID""#,
        ];
        assert_eq!(lines[1..], expected);
    }
}
