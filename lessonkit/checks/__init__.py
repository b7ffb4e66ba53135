"""Checks that tell an author what is wrong before a viewer sees it."""
