CREATE TABLE visits (
  person BIGINT,
  district VARCHAR,
  admitted DATE,
  cost DECIMAL(10,2)
);
