"""The self-test: asks an archive a few questions, and judges by the answers whether what a crawl relies on holds.

questions.py has the questions, facts.py the facts with their judgements, exchange_file.py the WARC file that is written
during the test and judged after it, so that the replay of a file that somebody sent gives the same table.
"""
