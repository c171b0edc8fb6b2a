-- Rows to try totals.sql on: one visit each of so many people, by year and district.
SELECT row_number() OVER (), district, make_date(year, 3, 1), 30 + i % 40, 100, 'Z00'
FROM (VALUES (2024, 'North', 62), (2024, 'South', 41), (2024, 'West', 12), (2025, 'North', 58), (2025, 'South', 37), (2025, 'West', 33))
  AS groups(year, district, people), range(people) AS r(i)
