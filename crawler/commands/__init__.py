"""Commands of the project, found by Scrapy's COMMANDS_MODULE setting; each module's name is the command's."""
