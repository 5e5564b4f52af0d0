"""What the tests of uploads and downloads share: servers that misbehave, and a real store."""
