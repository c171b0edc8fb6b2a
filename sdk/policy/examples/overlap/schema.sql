CREATE TABLE vaccinations (person BIGINT, vaccine VARCHAR, month DATE, doctor VARCHAR);
CREATE TABLE cohort (person BIGINT, arm VARCHAR);
