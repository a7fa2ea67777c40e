"""The digest: what is new, company by company, with the sentences that were added and removed."""
