#!/usr/bin/env bash
# Lists the account's images of all enabled regions as people do with the AWS CLI. The argument is the Python it is installed in.
set -euo pipefail
aws() { "$PYTHON" -m awscli "$@"; }
PYTHON=$1
for region in $(aws ec2 describe-regions --query 'Regions[].RegionName' --output text); do
  aws ec2 describe-images --owners self --region "$region" --page-size 1000 --query 'Images[].[ImageId]' --output text
done
