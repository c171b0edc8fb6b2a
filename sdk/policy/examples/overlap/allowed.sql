SELECT c.arm, v.vaccine, v.month
FROM cohort c JOIN vaccinations v ON c.person = v.person
WHERE v.vaccine LIKE 'mRNA%'
ORDER BY c.arm, v.month
