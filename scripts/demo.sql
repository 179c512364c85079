-- One round of work for sqlite3: build a table in memory, search it, drop it. See scripts/demo.
CREATE TABLE fact (id INTEGER PRIMARY KEY, name TEXT, value REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
    INSERT INTO fact SELECT i, hex(randomblob(20)), random() FROM n;
CREATE INDEX by_name ON fact(name);
SELECT 'largest ' || max(upper(name) || value) FROM fact WHERE id % 7 = 3;
DROP TABLE fact;
