-- How many texts are on an uploaded list, or rows in a reference table: the next run tells of lists that shrank.

ALTER TABLE lists ADD COLUMN entries INTEGER;
