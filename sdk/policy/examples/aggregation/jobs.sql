CREATE TABLE jobs (
  person BIGINT,
  sector VARCHAR,
  wage INTEGER
);
