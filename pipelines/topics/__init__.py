"""Topics: what a text speaks of, by patterns of words in a file (`pipelines/kinds/privacy/topics.yaml`, TOPICS_FILE)."""
