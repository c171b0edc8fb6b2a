CREATE TABLE visits (
  person BIGINT,
  district VARCHAR,
  admitted DATE,
  age INTEGER,
  cost DECIMAL(10,2),
  diagnosis VARCHAR
);
