"""What comes from 110 and what 110 is told: matters that are not the police's (国办发〔2022〕12号), by call and by message, each with its receipt and its result.

The way out (`outgoing`) and erasing (`erasing`) stand beside the usual files: the first is the edge to another party, the second is asked by `cases`.
"""
