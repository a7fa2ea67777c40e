"""What a snapshot becomes; nothing here knows of spiders or requests."""
