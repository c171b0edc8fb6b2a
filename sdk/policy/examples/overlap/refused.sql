SELECT v.person, v.doctor
FROM vaccinations v LEFT JOIN cohort c ON c.person = v.person
