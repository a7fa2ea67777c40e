"""Topics: what a text speaks of, by patterns of words in a file (`topics.yaml` in the folder of a kind, TOPICS_FILE)."""
