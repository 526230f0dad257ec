"""Work in the field (跑工单、蹲点位、办实事): a watch over a place for several days, and the visits to it.

A visit to an order is a step of the order (`field_record`); here is what belongs to a place and to no order alone. A watch is a subject on
the engine (`kit.stepped`).
"""
